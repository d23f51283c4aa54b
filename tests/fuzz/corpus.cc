#include "tests/fuzz/corpus.h"

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "engine/base/text.h"
#include "engine/partition/records.h"
#include "tests/fuzz/mutator.h"

namespace caseward::fuzz {
namespace {

constexpr size_t kShownMax = 600;

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// FNV-1a: every mutation has a chance of its own, whatever ran before it.
uint64_t ChanceOf(std::string_view name, uint64_t number) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : name)
    hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return (hash ^ number) * 1099511628211u;
}

}  // namespace

Corpus::Corpus(const Target& target, std::vector<std::string>& faults) : target_(target) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(StrCat(kCorpusFolder, "/", target.name), error))
    files.push_back(entry.path());
  if (error) faults.push_back(StrCat(target.name, ": expected seeds under ", kCorpusFolder, ": ", error.message()));
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    std::string bytes = ReadAll(file);
    if (file.extension() == ".txtpb" && target.message != nullptr) {
      std::unique_ptr<google::protobuf::Message> message(
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(target.message)->New());
      if (!google::protobuf::TextFormat::ParseFromString(bytes, message.get())) {
        faults.push_back(StrCat(file.string(), ": expected ", target.message->full_name(), " as protobuf text"));
      }
      bytes = DeterministicBytes(*message);
    }
    names_.push_back(file.stem().string());
    seeds_.push_back(std::move(bytes));
  }
}

std::string Corpus::Mutation(size_t seed, uint64_t number) const {
  return Mutator(seeds_, target_.tokens, ChanceOf(names_[seed], number)).Mutate(seeds_[seed]);
}

std::optional<std::string> Corpus::Input(std::string_view name) const {
  const size_t split = name.find('~');
  const auto found = std::find(names_.begin(), names_.end(), name.substr(0, split));
  if (found == names_.end()) return std::nullopt;
  const size_t seed = static_cast<size_t>(found - names_.begin());
  if (split == std::string_view::npos) return seeds_[seed];
  uint64_t number = 0;
  if (!absl::SimpleAtoi(AbslText(name.substr(split + 1)), &number)) return std::nullopt;
  return Mutation(seed, number);
}

std::vector<std::string> RunInput(const Target& target, const std::string& name, const std::string& input) {
  target.run(Bytes(reinterpret_cast<const uint8_t*>(input.data()), input.size()));
  std::vector<std::string> broken = TakeBroken();
  for (std::string& one : broken) {
    one = StrCat(target.name, " ", name, ": ", one, "\n  input: \"", absl::CEscape(input.substr(0, kShownMax)), "\"",
                 input.size() > kShownMax ? "..." : "", "\n  again: caseward_fuzz --target ", target.name, " --input '",
                 name, "'");
  }
  return broken;
}

}  // namespace caseward::fuzz
