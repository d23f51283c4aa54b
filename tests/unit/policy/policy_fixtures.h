// A small pack that compiles, and what a condition may look at, for the tests of this folder.
#pragma once

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/time.h"
#include "engine/policy/compiled_pack.h"

namespace caseward {

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  CHECK(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

inline absl::Time At(const char* instant) { return *ParseInstant(instant); }

// Weekdays, 09:00 to 17:00 UTC, 2026 only, no holidays.
inline const WorkingCalendar& Weekdays() {
  static const auto& calendar = *new WorkingCalendar(*WorkingCalendar::Compile(FromText<v1::Calendar>(R"(
    id: "weekdays" version: 1 time_zone: "UTC" covers_from: "2026-01-01" covers_to: "2026-12-31"
    working_weekdays: [1, 2, 3, 4, 5] opens_minute: 540 closes_minute: 1020)")));
  return calendar;
}

// Not SHA-256, but every bit of every part moves it, which is all these tests need.
class TestHasher final : public Hasher {
 public:
  Sha256Digest Sha256(std::initializer_list<std::string_view> parts) const override {
    Sha256Digest digest{};
    uint64_t hash = 0xcbf29ce484222325u;
    for (const std::string_view part : parts) {
      for (const char c : part)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    for (size_t i = 0; i < digest.size(); ++i) {
      hash = (hash ^ i) * 0x100000001b3u;
      digest[i] = static_cast<uint8_t>(hash >> 32);
    }
    return digest;
  }
};

// Lines of a case, given oldest first.
class TestLines final : public FactLines {
 public:
  void Add(const char* occurred_at, const char* actor, const std::string& event) {
    v1::Event& added = events_.emplace_back(FromText<v1::Event>(event));
    SetTimestamp(At(occurred_at), added.mutable_occurred_at());
    lines_.push_back({&added, At(occurred_at), At(occurred_at), actor});
  }
  void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override {
    for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
      if (!line(*it)) return;
    }
  }

 private:
  std::deque<v1::Event> events_;
  std::vector<FactLine> lines_;
};

inline constexpr char kBasePack[] = R"(
  id: "test" title: "A pack for tests" calendar: "weekdays" needs_owner: true
  roles { id: "officer" tier: 1 } roles { id: "manager" tier: 2 } roles { id: "director" tier: 3 }
  case_types { id: "noise" priority: PRIORITY_P3 }
  case_types { id: "hate" priority: PRIORITY_P1 }
  steps {
    id: "risk_assessed"
    fields { id: "band" type: TYPE_CODE options: ["low", "high"] data_class: DATA_CLASS_INTERNAL }
    fields { id: "score" type: TYPE_NUMBER data_class: DATA_CLASS_INTERNAL }
    fields { id: "face_to_face" type: TYPE_BOOL data_class: DATA_CLASS_INTERNAL }
    fields { id: "next_due" type: TYPE_TIME data_class: DATA_CLASS_INTERNAL }
    fields { id: "notes" type: TYPE_WORDS data_class: DATA_CLASS_PERSONAL }
  }
  steps { id: "further_report" }
  steps { id: "triage" fields { id: "weapon" type: TYPE_BOOL data_class: DATA_CLASS_INTERNAL } }
  flags {
    id: "hate" clause: "1" provenance: PROVENANCE_OURS
    set_on { on { event: "case_reported" where { field: "case_type" any_of: "hate" } } }
  }
  clocks {
    id: "first_contact" clause: "2" provenance: PROVENANCE_OURS
    starts_on { on { event: "case_reported" } at: "aware_at" }
    stops_on { on { event: "contact_made" where { field: "two_way" any_of: "true" } } }
    within { priority: PRIORITY_P1 span { amount: 1 unit: TIME_UNIT_WORKING_DAY } }
    within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }
  }
  checklists {
    id: "closing" clause: "3" provenance: PROVENANCE_OURS
    items { id: "assessed" say: "A risk assessment." pass { last { step: "risk_assessed" } } }
    items { id: "no_actions" say: "No action is open." firm: true pass { not { open_actions {} } } }
  }
  sign_offs {
    subject: "closure" clause: "4" provenance: PROVENANCE_OURS rule: "R-1"
    signers { roles: "manager" } separate_from: "owner" checklist: "closing" void_on_change: true
  }
  sign_offs { subject: "bare" clause: "4" provenance: PROVENANCE_OURS signers { roles: "manager" } }
  rules {
    id: "R-1" clause: "5" provenance: PROVENANCE_OURS on: "close" say: "No."
    needs { id: "closure" condition { sign_off { subject: "closure" } } }
  }
  alerts {
    id: "again" clause: "6" provenance: PROVENANCE_OURS to_role: "manager"
    on { on { event: "step_recorded" where { field: "step" any_of: "further_report" } } }
  }
  people { id: "ann" roles: "officer" }
)";

// The base pack with more of it.
inline v1::Pack PackWith(const std::string& more) {
  v1::Pack pack = FromText<v1::Pack>(kBasePack);
  pack.MergeFrom(FromText<v1::Pack>(more));
  return pack;
}

// What the compiler finds wrong.
inline std::vector<PackProblem> ProblemsOf(const v1::Pack& pack) {
  std::vector<PackProblem> problems;
  const auto compiled = CompiledPack::Compile(pack, &problems);
  EXPECT_EQ(compiled.ok(), problems.empty());
  return problems;
}
inline std::vector<PackProblem> ProblemsWith(const std::string& more) { return ProblemsOf(PackWith(more)); }

// One problem among them is at this path, expects and found this.
inline auto HasProblem(const std::string& path, const std::string& expected, const std::string& found) {
  return testing::Contains(testing::AllOf(testing::Field(&PackProblem::path, path),
                                          testing::Field(&PackProblem::expected, testing::HasSubstr(expected)),
                                          testing::Field(&PackProblem::found, testing::HasSubstr(found))));
}

inline void PrintTo(const PackProblem& problem, std::ostream* out) {
  *out << problem.path << ": expected " << problem.expected << "; found " << problem.found;
}

}  // namespace caseward
