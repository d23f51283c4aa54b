// Golden files: what the system once said, kept so that it cannot drift unnoticed. Text, so that a reviewer can read
// what was added; a file holds named entries, each with its bytes as base64 or as a line of text:
//
//   # a comment tells what the entry is, for people
//   record 1/7                        ← kind and name
//     CAEQARgBIAc...                  ← its bytes, base64, on indented lines
//
// One rule, for every golden file: what is there is never rewritten, what is missing fails the test. With
// CASEWARD_WRITE_GOLDEN=1 what is missing is appended instead, and nothing else happens; the file is then reviewed and
// committed like any other change. See docs/recipes/add-a-golden-record.md.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace caseward::test {

// True if missing entries are to be written (CASEWARD_WRITE_GOLDEN=1).
bool WritingGolden();

class GoldenFile {
 public:
  struct Entry {
    std::string name;     // "record 1/7"
    std::string comment;  // for people; not compared
    std::string bytes;
  };

  // Reads the file; one that is not there is empty. A file that cannot be understood fails the test.
  explicit GoldenFile(std::string path);

  // In the order of the file.
  const std::vector<Entry>& entries() const { return entries_; }
  // Null if there is none of that name.
  const Entry* Find(std::string_view name) const;

  // The entry must be in the file with exactly these bytes. False, with a test failure that says what to do, if it is
  // not; a missing one is kept for Append when golden files are being written.
  bool Expect(Entry entry);
  // Appends what was missing. Call last.
  void Append();

 private:
  void Parse(std::string_view text);

  const std::string path_;
  std::vector<Entry> entries_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::vector<Entry> missing_;
};

// A whole text as a golden file of its own: the same rule.
void ExpectGoldenText(const std::string& path, const std::string& text);

// Files "<folder>/<stem>.<generation>.<extension>" by generation. A generation is begun by an empty file.
std::vector<int> GoldenGenerations(const std::string& folder, const std::string& stem, const std::string& extension);

}  // namespace caseward::test
