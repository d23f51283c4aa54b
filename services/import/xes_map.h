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
//     priority: {from: impact, values: {High: P1, Low: P3}}    # of the trace, else of its first event
//     fields: {group: group}           # our name: attribute; the pack declares them under the step "report"
//   events:                            # each event becomes record_history, at its own time
//     activity: concept:name
//     at: time:timestamp
//     resource: org:resource
//     lifecycle: lifecycle:transition
//     fields: {team: org:group}        # the same for events; the pack declares them under the step "history"
//   end: {at: enddate, activity: finished}
//   defaults: [channel]                # attributes whose <global> default counts when a trace or event lacks them
//
// An event may also be more than a record of itself:
//
//   owner:                             # who has the case. The first is assigned; whoever comes next is handed it
//     from: org:group
//     waiting: {concept:name: [Queued]}            # events at which it has been handed over and not yet accepted
//   pauses:                            # the clock is held from the first such event to the next that is not
//     - {clock: resolve, reason: awaiting_user, while: {lifecycle:transition: [Wait - User]}}
//   closings:                          # proposed and closed
//     - {reason: resolved, when: {lifecycle:transition: [Closed]}}
//   reopenings:                        # if it had been closed
//     - {reason: work_resumed, when: {concept:name: [Accepted, Queued]}}
//
// `while`, `when` and `waiting` name attributes of events with the values that fit; all that are named must. An
// attribute inside another is written as a list of keys: [outer, inner].
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/policy.pb.h"

namespace caseward {

using XesPath = std::vector<std::string>;

// A code taken from an attribute: looked up in `values`, else `otherwise`, else the value itself made into a code.
struct XesCode {
  XesPath from;
  std::map<std::string, std::string> values;
  std::string otherwise;
};

// An attribute carried under a name of ours. The name is the key, so that the names are in order.
using XesFields = std::map<std::string, XesPath>;

// Attributes of an event and the values that fit, one or more each. Fits nothing if it is empty.
struct XesMatch {
  struct One {
    XesPath from;
    std::set<std::string> values;
  };
  std::vector<One> all;
};

struct XesPause {
  std::string clock;
  std::string reason;
  XesMatch during;
};

struct XesMoment {
  std::string reason;
  XesMatch when;
};

struct XesMap {
  std::string file;  // for messages
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
  XesCode priority;
  XesFields case_fields;

  XesPath activity;
  XesPath at;
  XesPath resource;
  XesPath lifecycle;
  XesFields event_fields;

  // Empty: traces have no end of their own.
  XesPath end_at;
  std::string end_activity;

  // Empty: the log names no owner.
  XesPath owner;
  XesMatch waiting;
  std::vector<XesPause> pauses;
  std::vector<XesMoment> closings;
  std::vector<XesMoment> reopenings;

  std::set<std::string> defaults;
};

// Everything of the pack that the map names is there: INVALID_ARGUMENT names the key of the map, and what the pack has.
// A reason for a pause is not looked up: what the pack does not allow is refused case by case, which is a finding.
absl::Status CheckXesMap(const XesMap& map, const v1::Pack& pack);

absl::StatusOr<XesMap> ReadXesMap(const std::string& file);
absl::StatusOr<XesMap> ParseXesMap(std::string_view yaml, const std::string& name);

}  // namespace caseward
