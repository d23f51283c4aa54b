// A run of the simulator as a list of actions that can be kept in a file, read by a person, cut down and run again. An
// action is concrete: it names the command that is sent, the partition that dies and how much is lost. So whatever is
// left out, the others mean what they meant.
//
//   seed 17
//   mix partitions=2 delays=1 ... verbs=refer:4
//   send partition=0 stale=0 | id: "mo" kind: KIND_STAFF roles: "case_manager" | command_id: "k3" report_case { ... }
//   fault partition=1 kind=1
//   step partition=1 old=0 look=1
//   again stale=0 | k3
//
// Empty lines and what follows a # are not read. A number that is not given is 0.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "caseward/v1/commands.pb.h"
#include "tests/support/simulation/mix.h"

namespace caseward::test {

struct Act {
  //                    numbers
  enum class Kind {
    kSend,         //  partition (of a verb without a home), stale: to the owner before
    kAgain,        //  stale
    kPut,          //  partition (of a verb without a home), topic
    kPutAgain,     //  topic
    kNonsense,     //  topic, sender: said or not
    kTransaction,  //  topic, commit: an outside system's begins, or ends so
    kExpire,       //  topic: retention takes what was taken
    kTopics,       //  away
    kStep,         //  partition, old: 0 its owner, n the n-th that owned or follows, look: told that the log grew
    kOpen,         //  partition, old
    kDeliver,      //  partition, late: also the round in doubt
    kPass,         //  ms
    kJump,         //  ms
    kFault,        //  partition, kind: what becomes of its next round, as LogFault
    kDie,          //  partition, hops: until then, reached: of its rounds, lost: of its state
    kCrash,        //  partition, how: 0 state kept, 1 and flushed, 2 dropped; reached, lost
    kLoseInbox,    //  partition: somebody empties its inbox while nobody owns it
    kClaimFails,   //  partition
    kDiskFull,     //  partition, old
    kReopen,       //  partition, old, lost
    kSecondOwner,  //  partition
    kTakeOver,     //  partition, warm: by a follower, if there is one; told: the owner before knows
  };
  Kind kind = Kind::kStep;
  std::array<int64_t, 4> numbers = {};
  // Of kAgain and kPutAgain.
  std::string command_id = "";
  // Of kSend and kPut.
  v1::Actor actor = {};
  v1::Command command = {};

  std::string Text() const;
};

struct Script {
  uint64_t seed = 0;
  Mix mix = {};
  std::vector<Act> actions = {};

  // As a file; `after`, one for each action, says what came of it, as comments.
  std::string Text(const std::vector<std::string>& after = {}) const;
};

// INVALID_ARGUMENT: the line, and what was expected there.
absl::StatusOr<Script> ParseScript(std::string_view text);

}  // namespace caseward::test
