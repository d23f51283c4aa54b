#include "services/packs/pack_reader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "absl/strings/str_join.h"

#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "services/packs/message_reader.h"
#include "services/packs/yaml_tree.h"

namespace caseward {
namespace {

namespace fs = std::filesystem;

// Keys that only the head of a pack may have.
constexpr std::string_view kHead[] = {"id", "title", "calendar", "needs_owner"};

// A rule that wants a sign-off kept separate from someone is only right if the sign-off itself says so.
void CheckSeparations(const std::vector<MessageReader::Separation>& separations, PackReading& out) {
  for (const MessageReader::Separation& asked : separations) {
    for (const std::string& from : asked.from) {
      bool kept = false;
      for (const v1::SignOffType& type : out.pack.sign_offs()) {
        if (type.subject() != asked.subject) continue;
        kept |= std::find(type.separate_from().begin(), type.separate_from().end(), from) != type.separate_from().end();
      }
      if (kept) continue;
      FileProblem problem = asked.at;
      problem.expected = StrCat("\"", from, "\" in separate_from of sign-off \"", asked.subject, "\" as well");
      problem.found = "it is not there";
      out.problems.push_back(std::move(problem));
    }
  }
}

// An example inside a rule or alert for one case type is about that type.
template <typename List>
void GiveCaseTypes(List& list) {
  for (auto& one : list) {
    if (one.case_types_size() != 1) continue;
    for (v1::Example& example : *one.mutable_examples()) {
      if (example.case_type().empty()) example.set_case_type(one.case_types(0));
    }
  }
}

// One file's part of the pack. `head`: it may say what the pack is.
void ReadPart(std::string_view text, const std::string& file, bool head, PackReading& out,
              std::vector<MessageReader::Separation>& separations) {
  YamlNode tree;
  if (!ParseYaml(text, file, tree, out.problems)) return;
  // It speaks about a pack and is no part of one: the map of an import, say.
  if (!head && tree.Find("pack") != nullptr) return;
  if (!head && tree.kind == YamlNode::Kind::kMap) {
    for (const YamlNode::Key& key : tree.keys) {
      if (std::find(std::begin(kHead), std::end(kHead), key.text) == std::end(kHead)) continue;
      out.problems.push_back({file, key.line, key.column, key.text, "only in pack.yaml", QuotedShort(key.text)});
    }
  }
  MessageReader reader(file, &out.pack, out.problems, out.marks);
  reader.ReadMessage(tree, out.pack, {"", ""});
  separations.insert(separations.end(), reader.separations().begin(), reader.separations().end());
}

void Finish(const std::vector<MessageReader::Separation>& separations, PackReading& out) {
  CheckSeparations(separations, out);
  GiveCaseTypes(*out.pack.mutable_rules());
  GiveCaseTypes(*out.pack.mutable_alerts());
}

std::vector<std::string> PartsOf(const std::string& folder, std::vector<FileProblem>& problems) {
  std::vector<std::string> files;
  std::error_code error;
  bool has_head = false;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".yaml") continue;
    has_head |= it->path().filename() == "pack.yaml";
    files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  // The head first, whatever the names.
  std::stable_partition(files.begin(), files.end(),
                        [](const std::string& file) { return fs::path(file).filename() == "pack.yaml"; });
  if (error)
    problems.push_back({folder, 0, 0, "", "a folder that can be read", error.message()});
  else if (!has_head)
    problems.push_back({folder, 0, 0, "", "pack.yaml", "no such file"});
  if (files.size() > kPackFilesMax) {
    problems.push_back({folder, 0, 0, "", StrCat("at most ", kPackFilesMax, " files"), StrCat(files.size())});
    files.clear();
  }
  return files;
}

}  // namespace

std::string FormatProblem(const FileProblem& problem) {
  std::string where = problem.file;
  if (problem.line > 0) where = StrCat(where, ":", problem.line, ":", problem.column);
  return StrCat(where, ": ", problem.path, problem.path.empty() ? "" : ": ", "expected ", problem.expected, "; found ",
                problem.found);
}

SourceMarks::Mark SourceMarks::Find(std::string_view message_path) const {
  while (true) {
    if (const auto found = marks_.find(message_path); found != marks_.end()) return found->second;
    const size_t cut = message_path.find_last_of(".[");
    if (cut == std::string_view::npos) break;
    message_path = message_path.substr(0, cut);
  }
  const auto root = marks_.find("");
  return root == marks_.end() ? Mark{} : root->second;
}

FileProblem SourceMarks::Locate(const PackProblem& problem) const {
  const Mark mark = Find(problem.path);
  // What was never written has no mark of its own: say what it is.
  const bool exact = marks_.contains(problem.path);
  std::string path = mark.path;
  if (!exact) {
    const size_t cut = problem.path.find_last_of('.');
    const std::string last = cut == std::string::npos ? problem.path : problem.path.substr(cut + 1);
    if (last.find('[') == std::string::npos) path = StrCat(path, path.empty() ? "" : ".", last);
  }
  return {mark.file, mark.line, mark.column, path, problem.expected, problem.found};
}

PackReading ReadPackText(std::string_view yaml, const std::string& name) {
  PackReading out;
  std::vector<MessageReader::Separation> separations;
  ReadPart(yaml, name, /*head=*/true, out, separations);
  Finish(separations, out);
  return out;
}

PackReading ReadPack(const std::string& file_or_folder) {
  PackReading out;
  std::vector<MessageReader::Separation> separations;
  std::error_code error;
  const bool folder = fs::is_directory(file_or_folder, error);
  const std::vector<std::string> files =
      folder ? PartsOf(file_or_folder, out.problems) : std::vector<std::string>{file_or_folder};
  for (const std::string& file : files) {
    std::string text;
    if (!ReadYamlFile(file, text, out.problems)) continue;
    ReadPart(text, file, !folder || fs::path(file).filename() == "pack.yaml", out, separations);
  }
  Finish(separations, out);
  return out;
}

absl::StatusOr<v1::Pack> LoadPack(const std::string& file_or_folder) {
  PackReading reading = ReadPack(file_or_folder);
  std::vector<FileProblem> problems = reading.problems;
  if (problems.empty()) {
    std::vector<PackProblem> found;
    if (CompiledPack::Compile(reading.pack, &found).ok()) return std::move(reading.pack);
    for (const PackProblem& problem : found)
      problems.push_back(reading.marks.Locate(problem));
  }
  std::vector<std::string> lines;
  for (const FileProblem& problem : problems)
    lines.push_back(FormatProblem(problem));
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

CalendarReading ReadCalendarText(std::string_view yaml, const std::string& name);

CalendarReading ReadCalendarFile(const std::string& file) {
  std::string text;
  CalendarReading out;
  if (!ReadYamlFile(file, text, out.problems)) return out;
  return ReadCalendarText(text, file);
}

}  // namespace caseward
