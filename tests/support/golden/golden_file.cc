#include "tests/support/golden/golden_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "gtest/gtest.h"

namespace caseward::test {
namespace {

constexpr size_t kLineMax = 116;

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

constexpr char kHowToAdd[] =
    "If this is meant, run the golden tests once with CASEWARD_WRITE_GOLDEN=1 and review what it appends "
    "(docs/recipes/add-a-golden-record.md).";
constexpr char kHowToChange[] =
    "What is logged is kept for ever: find what changed it. If what is written now must be another, begin a new "
    "generation and leave the old one as it is (docs/recipes/add-a-golden-record.md).";

}  // namespace

bool WritingGolden() {
  const char* asked = std::getenv("CASEWARD_WRITE_GOLDEN");
  return asked != nullptr && std::string_view(asked) == "1";
}

GoldenFile::GoldenFile(std::string path) : path_(std::move(path)) { Parse(ReadAll(path_)); }

void GoldenFile::Parse(std::string_view text) {
  std::string comment;
  std::string packed;
  const auto finish = [&] {
    if (!entries_.empty() && !absl::Base64Unescape(packed, &entries_.back().bytes)) {
      ADD_FAILURE() << path_ << ": expected base64 under \"" << entries_.back().name << "\"";
    }
    packed.clear();
  };
  for (const absl::string_view raw : absl::StrSplit(AbslText(text), '\n')) {
    const std::string_view line = StdText(raw);
    if (line.starts_with("  ")) {
      packed += line.substr(2);
    } else if (line.starts_with("# ")) {
      comment = line.substr(2);
    } else if (!line.empty()) {
      finish();
      Entry& entry = entries_.emplace_back();
      entry.name = line;
      entry.comment = std::exchange(comment, "");
      EXPECT_TRUE(by_name_.emplace(entry.name, entries_.size() - 1).second)
          << path_ << ": \"" << entry.name << "\" is there twice";
    }
  }
  finish();
}

const GoldenFile::Entry* GoldenFile::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

bool GoldenFile::Expect(Entry entry) {
  const Entry* kept = Find(entry.name);
  if (kept == nullptr && WritingGolden()) {
    missing_.push_back(std::move(entry));
    return true;
  }
  if (kept == nullptr) {
    ADD_FAILURE() << path_ << ": expected \"" << entry.name << "\" (" << entry.comment << "); found none. "
                  << kHowToAdd;
    return false;
  }
  if (kept->bytes == entry.bytes) return true;
  ADD_FAILURE() << path_ << ": \"" << entry.name << "\" is another now.\n  was: " << kept->comment
                << "\n  now: " << entry.comment << "\n"
                << kHowToChange;
  return false;
}

void GoldenFile::Append() {
  if (missing_.empty()) return;
  std::ofstream out(path_, std::ios::binary | std::ios::app);
  for (const Entry& entry : missing_) {
    if (!entry.comment.empty()) out << "# " << entry.comment << "\n";
    out << entry.name << "\n";
    const std::string packed = absl::Base64Escape(entry.bytes);
    for (size_t at = 0; at < packed.size(); at += kLineMax)
      out << "  " << packed.substr(at, kLineMax) << "\n";
  }
  EXPECT_TRUE(out.flush()) << "cannot write " << path_;
  missing_.clear();
}

void ExpectGoldenText(const std::string& path, const std::string& text) {
  if (std::filesystem::exists(path)) {
    EXPECT_EQ(ReadAll(path), text) << path << ": delete the file and write it anew, if this is meant";
  } else if (WritingGolden()) {
    std::ofstream(path, std::ios::binary) << text;
  } else {
    ADD_FAILURE() << "expected " << path << "; found no such file. " << kHowToAdd;
  }
}

std::vector<int> GoldenGenerations(const std::string& folder, const std::string& stem, const std::string& extension) {
  std::vector<int> generations;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::vector<std::string> parts = absl::StrSplit(entry.path().filename().string(), '.');
    int generation = 0;
    if (parts.size() == 3 && parts[0] == stem && parts[2] == extension && absl::SimpleAtoi(parts[1], &generation)) {
      generations.push_back(generation);
    }
  }
  std::sort(generations.begin(), generations.end());
  return generations;
}

}  // namespace caseward::test
