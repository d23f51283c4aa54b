#include "services/packs/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <sstream>

#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

// Builds the tree from the parser's events. After the first thing that is not allowed it only listens; the parser
// cannot be told to stop, but its input is bounded.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, YamlNode& root, std::vector<FileProblem>& problems)
      : file_(file), root_(root), problems_(problems) {}

  bool failed() const { return failed_; }
  bool empty() const { return empty_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Add(YamlNode::Kind::kNull, mark, "", anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "the thing itself; anchors and aliases are not read", "an alias");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (failed_) return;
    if (value.find('\0') != std::string::npos) Refuse(mark, "text without NUL", "a NUL character");
    if (ExpectsKey()) {
      TakeKey(mark, tag, anchor, value);
      return;
    }
    YamlNode* node = Add(YamlNode::Kind::kScalar, mark, tag == "!" || tag == "?" ? "" : tag, anchor);
    if (node == nullptr) return;
    node->text = value;
    node->plain = tag != "!";
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  void Refuse(const YAML::Mark& mark, std::string expected, std::string found) {
    if (!failed_)
      problems_.push_back({file_, mark.line + 1, mark.column + 1, "", std::move(expected), std::move(found)});
    failed_ = true;
  }

  bool ExpectsKey() const {
    return !open_.empty() && open_.back()->kind == YamlNode::Kind::kMap &&
           open_.back()->keys.size() == open_.back()->items.size();
  }

  void TakeKey(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
    if (anchor != 0) return Refuse(mark, "no anchors", "an anchor");
    if (tag != "?" && tag != "!") return Refuse(mark, "no tags", QuotedShort(tag));
    if (++nodes_ > kPackNodesMax) return Refuse(mark, StrCat("at most ", kPackNodesMax, " parts in a file"), "more");
    for (const YamlNode::Key& key : open_.back()->keys) {
      if (key.text == value) {
        problems_.push_back({file_, mark.line + 1, mark.column + 1, value, "a key used once in a map",
                             StrCat(QuotedShort(value), " again; first in line ", key.line)});
        failed_ = true;
        return;
      }
    }
    open_.back()->keys.push_back({value, mark.line + 1, mark.column + 1});
  }

  YamlNode* Add(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (failed_) return nullptr;
    const auto refuse = [&](std::string expected, std::string found) -> YamlNode* {
      Refuse(mark, std::move(expected), std::move(found));
      return nullptr;
    };
    if (anchor != 0) return refuse("the thing itself; anchors and aliases are not read", "an anchor");
    if (!tag.empty() && tag != "?" && tag != "!") return refuse("no tags", QuotedShort(tag));
    if (ExpectsKey())
      return refuse("a key of plain text", kind == YamlNode::Kind::kNull ? "nothing" : "a list or a map");
    if (++nodes_ > kPackNodesMax) return refuse(StrCat("at most ", kPackNodesMax, " parts in a file"), "more");
    YamlNode* node = &root_;
    if (!open_.empty()) {
      node = &open_.back()->items.emplace_back();
    } else if (!empty_) {
      return refuse("one document in a file", "another");
    }
    empty_ = false;
    node->kind = kind;
    node->line = mark.line + 1;
    node->column = mark.column + 1;
    return node;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    YamlNode* node = Add(kind, mark, tag, anchor);
    if (node == nullptr) return;
    open_.push_back(node);
    if (open_.size() > kPackDepthMax) Refuse(mark, StrCat("at most ", kPackDepthMax, " levels"), "more");
  }
  void Close() {
    if (!failed_) open_.pop_back();
  }

  const std::string& file_;
  YamlNode& root_;
  std::vector<FileProblem>& problems_;
  std::vector<YamlNode*> open_;  // the way from the root; only the last one grows, so the others stay where they are
  size_t nodes_ = 0;
  bool empty_ = true;
  bool failed_ = false;
};

// YAML forbids tabs for indentation, and what a parser says of them is seldom clear.
bool HasTabs(std::string_view text, const std::string& file, std::vector<FileProblem>& problems) {
  int line = 1;
  bool indent = true;
  int column = 1;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      column = 1;
      indent = true;
      continue;
    }
    if (indent && c == '\t') {
      problems.push_back({file, line, column, "", "spaces for indentation", "a tab"});
      return true;
    }
    indent = indent && c == ' ';
    ++column;
  }
  return false;
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

std::string YamlNode::Describe() const {
  switch (kind) {
    case Kind::kNull: return "nothing";
    case Kind::kScalar: return QuotedShort(text);
    case Kind::kList: return "a list";
    case Kind::kMap: return keys.empty() ? "an empty map" : StrCat("a map with ", QuotedShort(keys.front().text));
  }
  return "";
}

bool ParseYaml(std::string_view text, const std::string& file, YamlNode& tree, std::vector<FileProblem>& problems) {
  if (text.size() > kPackFileBytesMax) {
    problems.push_back(
        {file, 0, 0, "", StrCat("at most ", kPackFileBytesMax, " bytes in a file"), StrCat(text.size(), " bytes")});
    return false;
  }
  if (HasTabs(text, file, problems)) return false;
  TreeBuilder builder(file, tree, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    // Once the builder has refused, whatever comes is noise. (Some broken documents the parser hands out for ever, as
    // an empty one each time; the second of them is refused.)
    while (!builder.failed() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    // Where the builder has refused already, what the parser says next is noise.
    if (!builder.failed()) {
      problems.push_back({file, std::max(0, error.mark.line + 1), std::max(0, error.mark.column + 1), "", "YAML",
                          QuotedShort(error.msg)});
    }
    return false;
  }
  if (!builder.failed() && builder.empty()) problems.push_back({file, 0, 0, "", "a map of keys", "an empty file"});
  return !builder.failed() && !builder.empty();
}

bool ReadYamlFile(const std::string& file, std::string& text, std::vector<FileProblem>& problems) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (!error && size > kPackFileBytesMax) {
    problems.push_back(
        {file, 0, 0, "", StrCat("at most ", kPackFileBytesMax, " bytes in a file"), StrCat(size, " bytes")});
    return false;
  }
  std::ifstream stream(file, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(stream), {});
  if (!error && stream.good()) return true;
  problems.push_back({file, 0, 0, "", "a file that can be read", error ? error.message() : "an unreadable file"});
  return false;
}

}  // namespace caseward
