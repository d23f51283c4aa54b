#include "engine/partition/refusal_window.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/base/time.h"

namespace caseward {

std::string RefusalWindows::Key(std::string_view stream, std::string_view rule, std::string_view person) {
  return StrCat(stream, "\n", rule, "\n", person);
}

RefusalWindows::Window* RefusalWindows::Find(std::string_view stream, std::string_view rule, std::string_view person,
                                             absl::Time now) {
  if (windows_.empty()) return nullptr;
  const auto found = windows_.find(Key(stream, rule, person));
  if (found == windows_.end() || now >= found->second.ends) return nullptr;
  return &found->second;
}

void RefusalWindows::Open(const v1::Decision& refused, v1::Outcome first) {
  if (windows_.size() >= kWindowsMax) return;
  Window window{.stream = refused.stream(),
                .rule = refused.refusal().rule(),
                .person = PersonOf(refused.actor()),
                .ends = ToTime(refused.recorded_at()) + width_,
                .repeats = 0,
                .first = std::move(first)};
  earliest_end_ = std::min(earliest_end_, window.ends);
  const std::string key = Key(window.stream, window.rule, window.person);
  if (const auto before = windows_.find(key); before != windows_.end()) window.repeats = before->second.repeats;
  windows_.insert_or_assign(key, std::move(window));
}

std::vector<const RefusalWindows::Window*> RefusalWindows::Ended(absl::Time now, size_t limit) {
  std::vector<const Window*> ended;
  if (now < earliest_end_) return ended;
  earliest_end_ = absl::InfiniteFuture();
  for (auto it = windows_.begin(); it != windows_.end();) {
    const Window& window = it->second;
    if (now < window.ends) {
      earliest_end_ = std::min(earliest_end_, window.ends);
      ++it;
    } else if (window.repeats == 0) {
      windows_.erase(it++);
    } else {
      ended.push_back(&window);
      earliest_end_ = std::min(earliest_end_, window.ends);  // it stays until it is counted
      ++it;
    }
  }
  std::sort(ended.begin(), ended.end(), [](const Window* a, const Window* b) {
    return std::tie(a->ends, a->stream, a->rule, a->person) < std::tie(b->ends, b->stream, b->rule, b->person);
  });
  // Cut only now: the map's own order differs from run to run, and the log must not.
  if (ended.size() > limit) ended.resize(limit);
  return ended;
}

std::optional<absl::Time> RefusalWindows::NextEnd() const {
  if (earliest_end_ == absl::InfiniteFuture()) return std::nullopt;
  return earliest_end_;
}

void RefusalWindows::Counted(std::string_view stream, std::string_view rule, std::string_view person) {
  windows_.erase(Key(stream, rule, person));
}

void RefusalWindows::Clear() {
  windows_.clear();
  earliest_end_ = absl::InfiniteFuture();
}

}  // namespace caseward
