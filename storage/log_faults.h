// A plan of how a log shall misbehave: what a broker, a network or a full disk does to a round. Read by the log's twin
// in memory and by the decorator over a real log, so that a test says once what goes wrong and runs against both.
//
// Threads   any.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

namespace caseward {

// What becomes of one round, and what its owner is told.
//                       visible            answer
enum class LogFault {
  kNone,            //  as the rules say    as the rules say
  kAborted,         //  never               Aborted, UNAVAILABLE: trying again can help
  kUnknownVisible,  //  yes                 Unknown
  kUnknownLost,     //  never               Unknown
  kUnknownLate,     //  when the test says  Unknown at once; never, once the partition is claimed anew
};

class LogFaults {
 public:
  // The next round of `partition` that has no fault planned yet meets `fault`.
  void Next(uint32_t partition, LogFault fault);
  // The next Claim of `partition` fails with UNAVAILABLE and changes nothing.
  void NextClaimFails(uint32_t partition);
  // Rounds with nothing planned ask `choose`, for example a seeded generator.
  void Otherwise(std::function<LogFault(uint32_t partition)> choose);

  // For logs: the fault of the round that arrives now.
  LogFault Take(uint32_t partition);
  bool TakeClaimFailure(uint32_t partition);

 private:
  std::mutex mutex_;
  std::map<uint32_t, std::deque<LogFault>> rounds_;
  std::map<uint32_t, int> claims_;
  std::function<LogFault(uint32_t)> otherwise_;
};

}  // namespace caseward
