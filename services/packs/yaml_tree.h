// YAML as a plain tree that knows where each part stands. A small, dull subset: no anchors, aliases, tags, tabs for
// indentation, keys that are not plain text, or more than one document; and bounded in size, depth and number of parts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/packs/pack_reader.h"

namespace caseward {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Key {
    std::string text;
    int line = 0;
    int column = 0;
  };
  Kind kind = Kind::kNull;
  std::string text;    // of a scalar
  bool plain = false;  // written without quotes: only then may it be a number or true
  int line = 0;
  int column = 0;
  std::vector<Key> keys;  // of a map, one for each item
  std::vector<YamlNode> items;

  // Null if there is no such key.
  const YamlNode* Find(std::string_view key) const;
  // "a list", "a map", "nothing", or the text in quotes.
  std::string Describe() const;
};

// The whole file; false, with a problem added, if it is too large or cannot be read.
bool ReadYamlFile(const std::string& file, std::string& text, std::vector<FileProblem>& problems);

// False, with problems added, if the text cannot be read. On true the tree is whole.
bool ParseYaml(std::string_view text, const std::string& file, YamlNode& tree, std::vector<FileProblem>& problems);

}  // namespace caseward
