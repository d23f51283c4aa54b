#include "services/study/requirement_book.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/policy/nearest_name.h"
#include "engine/policy/verbs.h"
#include "services/packs/message_reader.h"
#include "services/packs/yaml_tree.h"

namespace caseward {
namespace {

namespace fs = std::filesystem;

class BookChecker {
 public:
  BookChecker(BookReading& out, const SourceMarks& marks) : book_(out.book), out_(out), marks_(marks) {}

  void Check() {
    std::set<std::string_view> lines;
    for (int i = 0; i < book_.requirements_size(); ++i)
      CheckRequirement(book_.requirements(i), StrCat("requirements[", i, "]"));
    for (int i = 0; i < book_.lines_size(); ++i) {
      const std::string path = StrCat("lines[", i, "]");
      if (!lines.insert(book_.lines(i).id()).second)
        Problem(path, "an id used once", StrCat(QuotedShort(book_.lines(i).id()), " a second time"));
      CheckLine(book_.lines(i), path);
    }
    for (int i = 0; i < book_.open_size(); ++i)
      Known(book_.open(i), StrCat("open[", i, "]"));
  }

 private:
  void Problem(std::string path, std::string expected, std::string found) {
    out_.problems.push_back(marks_.Locate({std::move(path), std::move(expected), std::move(found)}));
  }

  void CheckRequirement(const v1::Requirement& one, const std::string& path) {
    if (!ids_.insert(one.id()).second)
      Problem(path, "an id used once", StrCat(QuotedShort(one.id()), " a second time"));
    if (one.title().empty()) Problem(path + ".title", "what it asks, in a few words", "nothing");
    const bool not_software = one.kind() == v1::Requirement::KIND_NOT_SOFTWARE;
    if (one.kind() == v1::Requirement::KIND_UNSPECIFIED)
      Problem(path + ".kind", "rule, capture, report, code or not_software", "nothing");
    if (not_software != !one.instead().empty())
      Problem(path + ".instead", not_software ? "what does it instead" : "`instead` only for what is not software",
              not_software ? "nothing" : "instead");
    if (not_software && !one.not_yet().empty())
      Problem(path + ".not_yet", "`not_yet` only for what software keeps", "not_yet");
    for (int i = 0; i < one.events_size(); ++i) {
      if (ParseEventName(one.events(i)).has_value()) continue;
      Problem(StrCat(path, ".events[", i, "]"), ExpectedName("an event's name", one.events(i), EventNames()),
              QuotedShort(one.events(i)));
    }
  }

  void CheckLine(const v1::ReviewLine& line, const std::string& path) {
    if (line.title().empty()) Problem(path + ".title", "what it says, in a few words", "nothing");
    if (line.group() == v1::ReviewLine::GROUP_UNSPECIFIED)
      Problem(path + ".group", "finding, narrative, recommendation, arr or measure", "nothing");
    if (line.requirements().empty() == line.instead().empty())
      Problem(path, "either requirements or instead", line.instead().empty() ? "neither" : "both");
    for (int i = 0; i < line.requirements_size(); ++i)
      Known(line.requirements(i), StrCat(path, ".requirements[", i, "]"));
  }

  void Known(const std::string& id, const std::string& path) {
    if (ids_.contains(id)) return;
    Problem(path, ExpectedName("a requirement of this list", id, {ids_.begin(), ids_.end()}), QuotedShort(id));
  }

  static std::vector<std::string_view> EventNames() {
    std::vector<std::string_view> names;
    for (int i = 0; i < v1::Event::descriptor()->field_count(); ++i) {
      const auto* field = v1::Event::descriptor()->field(i);
      if (field->containing_oneof() != nullptr) names.emplace_back(field->name());
    }
    return names;
  }

  const v1::RequirementBook& book_;
  BookReading& out_;
  const SourceMarks& marks_;
  std::set<std::string_view> ids_;
};

void ReadPart(std::string_view text, const std::string& name, BookReading& out, SourceMarks& marks) {
  YamlNode tree;
  if (!ParseYaml(text, name, tree, out.problems)) return;
  MessageReader reader(name, nullptr, out.problems, marks);
  reader.ReadMessage(tree, out.book, {"", ""});
}

void Finish(BookReading& out, const SourceMarks& marks) {
  if (out.problems.empty()) BookChecker(out, marks).Check();
}

}  // namespace

BookReading ReadRequirementsText(std::string_view yaml, const std::string& name) {
  BookReading out;
  SourceMarks marks;
  ReadPart(yaml, name, out, marks);
  Finish(out, marks);
  return out;
}

BookReading ReadRequirements(const std::string& folder) {
  BookReading out;
  SourceMarks marks;
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".yaml") files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  if (error || files.empty())
    out.problems.push_back({folder, 0, 0, "", "a folder of *.yaml files", error ? error.message() : "none in it"});
  if (files.size() > kPackFilesMax) {
    out.problems.push_back({folder, 0, 0, "", StrCat("at most ", kPackFilesMax, " files"), StrCat(files.size())});
    files.clear();
  }
  for (const std::string& file : files) {
    std::string text;
    if (ReadYamlFile(file, text, out.problems)) ReadPart(text, file, out, marks);
  }
  Finish(out, marks);
  return out;
}

}  // namespace caseward
