// Reads policy packs and calendars written in YAML, strictly: every key is known, every value has the type its field
// asks for, nothing is guessed. docs/policy-authoring.md has the language; policy.proto is what it means.
//
//   file or folder ──▶ YAML (no anchors, no tags, bounded) ──▶ v1::Pack ──▶ CompiledPack::Compile
//                            each thing keeps its file and line, so that a problem found later still points there
//
// A pack is one file, or a folder whose *.yaml files add up: pack.yaml has the head (id, title, calendar), the others
// add to its lists, in the order of their names. A file with the key `pack` speaks about the pack (as the
// map of an import does) and is no part of it. Reading never stops at the first problem; all of them are listed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "caseward/v1/calendar.pb.h"
#include "caseward/v1/policy.pb.h"
#include "engine/policy/compiled_pack.h"

namespace caseward {

// Limits, each with a test at it or past it.
inline constexpr size_t kPackFileBytesMax = size_t{4} << 20;  // one YAML file
inline constexpr size_t kPackNodesMax = 200'000;              // scalars, lists and maps of one file
inline constexpr size_t kPackDepthMax = 64;                   // lists and maps inside one another
inline constexpr size_t kPackFilesMax = 256;                  // *.yaml files of one folder

// One thing wrong, where an editor can jump to it. Lines and columns count from 1; 0 means the file as a whole.
struct FileProblem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;  // keys as written, e.g. "case_types.hate_incident.clocks[0].within.P1"
  std::string expected;
  std::string found;
};
// "packs/hate.yaml:12:7: case_types.x: expected ..., found ..."
std::string FormatProblem(const FileProblem& problem);

// Where each part of a message was written: "clocks[3].within[0].span" → file, line, column and the keys as written.
class SourceMarks {
 public:
  struct Mark {
    std::string file;
    int line = 0;
    int column = 0;
    std::string path;
  };
  void Add(const std::string& message_path, Mark mark) { marks_.insert_or_assign(message_path, std::move(mark)); }
  // The mark of the path or of the nearest thing around it.
  Mark Find(std::string_view message_path) const;
  FileProblem Locate(const PackProblem& problem) const;

 private:
  std::map<std::string, Mark, std::less<>> marks_;
};

struct PackReading {
  v1::Pack pack;
  std::vector<FileProblem> problems;  // empty: read well (but not yet compiled)
  SourceMarks marks;
};
// A file, or a folder of *.yaml files.
PackReading ReadPack(const std::string& file_or_folder);
// The same from memory; `name` stands for the file in problems.
PackReading ReadPackText(std::string_view yaml, const std::string& name);

// Read and compiled: the pack, or INVALID_ARGUMENT with one line a problem. For callers that only want a pack that
// works.
absl::StatusOr<v1::Pack> LoadPack(const std::string& file_or_folder);

struct CalendarReading {
  v1::Calendar calendar;
  std::vector<FileProblem> problems;
};
// Keys are those of calendar.proto; dates are checked to exist and to lie inside what the calendar covers.
CalendarReading ReadCalendarFile(const std::string& file);
CalendarReading ReadCalendarText(std::string_view yaml, const std::string& name);

}  // namespace caseward
