// A map says what a foreign log's attributes mean here: which is the case's own reference, when it was reported, when
// an answer is due, when it ended. It is YAML, read strictly (an unknown key is an error with its line). Example:
//
//   pack: receipt                      # the pack and case type every trace is opened under
//   case_type: permit_receipt
//   system: coselog                    # whose references these are: "coselog:case-10011" works in every look-up
//   time_zone: Europe/Amsterdam        # only for dates without an offset
//   case:
//     reference: concept:name
//     reported_at: startdate           # default: the earliest event
//     respond_by: deadline             # due time for a clock with `due_from: respond_by`
//     channel: {from: channel, values: {Internet: web, Desk: visit}, otherwise: other}
//   events:                            # each event becomes record_history, at its own time
//     activity: concept:name
//     at: time:timestamp
//     resource: org:resource
//     lifecycle: lifecycle:transition
//   end: {at: enddate, activity: finished}
//   defaults: [channel]                # attributes whose <global> default counts when a trace or event lacks them
//
// An attribute inside another is written as a list of keys: [outer, inner].
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace caseward {

using XesPath = std::vector<std::string>;

// A code taken from an attribute: looked up in `values`, else `otherwise`, else the value itself made into a code.
struct XesCode {
  XesPath from;
  std::map<std::string, std::string> values;
  std::string otherwise;
};

struct XesMap {
  std::string pack;
  std::string case_type;
  std::string system;
  std::optional<absl::TimeZone> time_zone;

  XesPath reference;
  XesPath reported_at;
  XesPath respond_by;
  XesCode channel;
  XesCode area;
  XesCode region;

  XesPath activity;
  XesPath at;
  XesPath resource;
  XesPath lifecycle;

  // Empty: traces have no end of their own.
  XesPath end_at;
  std::string end_activity;

  std::set<std::string> defaults;
};

absl::StatusOr<XesMap> ReadXesMap(const std::string& file);
absl::StatusOr<XesMap> ParseXesMap(std::string_view yaml, const std::string& name);

}  // namespace caseward
