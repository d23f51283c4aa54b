// Where the time goes: how long each hop takes for one command, and how long a round waits to be durable.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <string>

#include "absl/strings/str_format.h"
#include "engine/port/observer.h"
#include "services/host/hop_clock.h"

namespace caseward::bench {

class HopTimes : public Observer {
 public:
  void HopBegins(uint32_t, Hop) override { HopClock::Begins(); }
  void HopEnded(uint32_t, Hop hop, absl::Duration told, size_t commands) override {
    nanos_[static_cast<size_t>(hop)].fetch_add(absl::ToInt64Nanoseconds(HopClock::Took(hop, told)),
                                               std::memory_order_relaxed);
    if (hop != Hop::kAppend) return;
    rounds_.fetch_add(1, std::memory_order_relaxed);
    commands_.fetch_add(commands, std::memory_order_relaxed);
  }

  // What came since the last call.
  std::string Take() {
    std::array<double, 6> micros{};
    for (size_t i = 0; i < micros.size(); ++i)
      micros[i] = static_cast<double>(nanos_[i].exchange(0)) / 1000.0;
    const double commands = std::max(1.0, static_cast<double>(commands_.exchange(0)));
    const double rounds = std::max(1.0, static_cast<double>(rounds_.exchange(0)));
    const auto of = [&](Hop hop, double many) { return micros[static_cast<size_t>(hop)] / many; };
    return absl::StrFormat(
        "a command: submit %.1f us, decide %.1f, apply %.1f, reply %.1f; a round of %.1f commands: append %.0f us",
        of(Hop::kSubmit, commands), of(Hop::kDecide, commands), of(Hop::kApply, commands), of(Hop::kReply, commands),
        commands / rounds, of(Hop::kAppend, rounds));
  }

 private:
  std::array<std::atomic<int64_t>, 6> nanos_{};
  std::atomic<uint64_t> rounds_{0};
  std::atomic<uint64_t> commands_{0};
};

}  // namespace caseward::bench
