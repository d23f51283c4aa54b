#include "services/import/case_course.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

constexpr char kPassedOn[] = "passed_on";

bool Fits(const XesLogHeader& header, const XesEvent& event, const XesMatch& match, const XesMap& map) {
  return !match.all.empty() && std::all_of(match.all.begin(), match.all.end(), [&](const XesMatch::One& one) {
    const XesAttribute* found = FindMapped(event.attributes, header.event_globals, one.from, map);
    return found != nullptr && one.values.contains(found->value);
  });
}

const XesMoment* FirstToFit(const XesLogHeader& header, const XesEvent& event, const std::vector<XesMoment>& moments,
                            const XesMap& map) {
  for (const XesMoment& moment : moments) {
    if (Fits(header, event, moment.when, map)) return &moment;
  }
  return nullptr;
}

// Why each clock is held during this event; one that is not held is not listed.
std::map<std::string, std::string> HeldDuring(const XesLogHeader& header, const XesEvent& event, const XesMap& map) {
  std::map<std::string, std::string> held;
  for (const XesPause& pause : map.pauses) {
    if (Fits(header, event, pause.during, map)) held.try_emplace(pause.clock, pause.reason);
  }
  return held;
}

}  // namespace

const XesAttribute* FindMapped(const std::vector<XesAttribute>& attributes, const std::vector<XesAttribute>& globals,
                               const XesPath& path, const XesMap& map) {
  if (path.empty()) return nullptr;
  if (const XesAttribute* found = FindXes(attributes, path)) return found;
  return map.defaults.contains(path.front()) ? FindXes(globals, path) : nullptr;
}

std::string OwnerId(std::string_view name) {
  std::string id(name.substr(0, kActorIdMax));
  for (char& c : id) {
    const bool legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '_' || c == '-' || c == '@';
    if (!legal) c = '_';
  }
  return id;
}

void CaseCourse::HandOver(const std::string& to, bool taken, Add add) {
  if (!handed_to_.empty() && handed_to_ != to) {
    add("b").mutable_reject_handover()->set_reason_code(kPassedOn);
    handed_to_.clear();
  }
  if (handed_to_.empty()) {
    if (to == owner_) return;
    add("h").mutable_hand_over_case()->set_to(to);
    handed_to_ = to;
  }
  if (!taken) return;
  add("a").mutable_accept_handover();
  owner_ = to;
  handed_to_.clear();
}

void CaseCourse::Owner(const XesLogHeader& header, const XesEvent& event, Add add) {
  const XesAttribute* found = FindMapped(event.attributes, header.event_globals, map_.owner, map_);
  if (found == nullptr || found->value.empty()) return;
  const std::string who = OwnerId(found->value);
  if (owner_.empty()) {
    add("o").mutable_assign_case()->set_owner(who);
    owner_ = who;
    return;
  }
  HandOver(who, !Fits(header, event, map_.waiting, map_), add);
}

void CaseCourse::Before(const XesLogHeader& header, const XesEvent& event, Add add) {
  const std::map<std::string, std::string> held = HeldDuring(header, event, map_);
  size_t place = 0;
  for (auto it = held_.begin(); it != held_.end(); ++place) {
    const auto now = held.find(it->first);
    if (now != held.end() && now->second == it->second) {
      ++it;
      continue;
    }
    add(absl::StrCat("r", place)).mutable_resume_clock()->set_clock(it->first);
    it = held_.erase(it);
  }
  if (closed_) {
    if (const XesMoment* reopened = FirstToFit(header, event, map_.reopenings, map_)) {
      add("n").mutable_reopen_case()->set_reason_code(reopened->reason);
      closed_ = false;
    }
  }
  // A closed case has the owner it had.
  if (!map_.owner.empty() && !closed_) Owner(header, event, add);
}

void CaseCourse::After(const XesLogHeader& header, const XesEvent& event, Add add) {
  size_t place = 0;
  for (const auto& [clock, reason] : HeldDuring(header, event, map_)) {
    if (!held_.try_emplace(clock, reason).second) continue;
    v1::PauseClock& pause = *add(absl::StrCat("p", place++)).mutable_pause_clock();
    pause.set_clock(clock);
    pause.set_reason_code(reason);
  }
  if (closed_) return;
  if (const XesMoment* closing = FirstToFit(header, event, map_.closings, map_)) {
    add("c").mutable_propose_closure()->set_reason_code(closing->reason);
    add("d").mutable_close_case();
    closed_ = true;
  }
}

}  // namespace caseward
