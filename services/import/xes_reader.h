// Reads XES, the interchange format of process mining (IEEE 1849): a log of traces (here: cases), each a list of
// events, each a list of typed, possibly nested attributes.
//
//   bytes ─▶ (gzip) ─▶ expat ─▶ one XesTrace at a time ─▶ the callback, which owns it
//
// Only one trace is in memory at any time, and of a trace of very many events only a part: the callback then gets it in
// parts, in order, each with the trace's own attributes. So a log, and a trace, may be larger than memory; what may be
// held at once is bounded by the limits below, and a limit that is reached is named with its line.
//
// `<global>` declares attributes that every trace or event should have, with a default. Real logs declare attributes
// that are missing all the same, with a default that means "unknown" (1970-01-01): the reader therefore keeps the
// declarations beside the trace and fills nothing in. Whoever maps the log says which defaults count.
//
// A document type declaration is refused: XES has none, and entities are how a small file becomes a huge one, or reads
// another. Failure: INVALID_ARGUMENT (not XES), RESOURCE_EXHAUSTED (a limit), DATA_LOSS (truncated), each with name and
// line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/import/byte_source.h"

namespace caseward {

// Bounds, each with a test at it and one past it.
struct XesLimits {
  size_t trace_bytes_max = 64 << 20;  // held at once of one trace: keys and values together
  size_t trace_events_max = 10'000'000;
  // A part ends before the event with which it would have more than either.
  size_t part_events = 65'536;
  size_t part_bytes = 32 << 20;
  size_t value_bytes_max = 1 << 20;
  int nesting_max = 64;
};

struct XesAttribute {
  enum class Type { kString, kDate, kInt, kFloat, kBoolean, kId, kList, kContainer };
  Type type = Type::kString;
  std::string key;
  std::string value;  // as written; empty for a list or container
  absl::Time date;    // kDate
  // Attributes of this attribute; for a list its values, in order.
  std::vector<XesAttribute> children;
};

struct XesEvent {
  int64_t line = 0;
  std::vector<XesAttribute> attributes;
};

// A trace, or a part of one.
struct XesTrace {
  int64_t line = 0;
  std::vector<XesAttribute> attributes;
  std::vector<XesEvent> events;
  // Events of the trace in earlier parts; the last part, and only it, ends the trace.
  uint64_t events_before = 0;
  bool ends = true;
};

// What the log says about itself before its first trace.
struct XesLogHeader {
  struct Classifier {
    std::string name;
    std::string scope;  // "event" or "trace"
    std::vector<std::string> keys;
  };
  std::vector<Classifier> classifiers;
  std::vector<XesAttribute> trace_globals;
  std::vector<XesAttribute> event_globals;
};

struct XesReadOptions {
  std::string name = "log";  // for messages
  XesLimits limits;
  // For a date without an offset, which XML Schema allows. Unset: such a date is an error, never a guess.
  std::optional<absl::TimeZone> zone;
};

struct XesCounts {
  uint64_t traces = 0;
  uint64_t events = 0;
  // Events that belong to no trace: legal, and not imported.
  uint64_t stray_events = 0;
};

// A callback that returns an error ends the reading with it.
using XesTraceFn = absl::FunctionRef<absl::Status(const XesLogHeader&, XesTrace)>;

absl::StatusOr<XesCounts> ReadXes(ByteSource& source, const XesReadOptions& options, XesTraceFn on_trace);

// The attribute at a path of keys, outermost first; null if there is none.
const XesAttribute* FindXes(const std::vector<XesAttribute>& attributes, const std::vector<std::string>& path);

// xs:dateTime. `zone` as in XesReadOptions.
absl::StatusOr<absl::Time> ParseXesDate(std::string_view text, const std::optional<absl::TimeZone>& zone);

}  // namespace caseward
