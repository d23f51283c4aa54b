#include "engine/policy/law_limits.h"

namespace caseward {
namespace {

constexpr v1::TimeUnit kWorkingDays = v1::TIME_UNIT_WORKING_DAY;
constexpr v1::Provenance kCode = v1::PROVENANCE_CODE;
constexpr v1::Provenance kLaw = v1::PROVENANCE_LAW;

// catalogue, unit, at most, provenance, one extension, may pause, what
constexpr LawLimit kLimits[] = {
    {"CK-20", kWorkingDays, 5, kCode, 0, false, "complaint acknowledged, Complaint Handling Code 6.2"},
    {"CK-21", kWorkingDays, 10, kCode, 10, false, "stage 1 response, Complaint Handling Code 6.3 and 6.4"},
    {"CK-22", kWorkingDays, 10, kCode, 0, false, "stage 1 extension, Complaint Handling Code 6.4"},
    {"CK-23", kWorkingDays, 5, kCode, 0, false, "stage 2 acknowledged, Complaint Handling Code 6.11"},
    {"CK-24", kWorkingDays, 20, kCode, 20, false, "stage 2 response, Complaint Handling Code 6.14 and 6.15"},
    {"CK-25", kWorkingDays, 20, kCode, 0, false, "stage 2 extension, Complaint Handling Code 6.15"},
    {"CK-70", v1::TIME_UNIT_MONTH, 1, kLaw, 2, true, "subject access request, UK GDPR Article 12(3)"},
    {"CK-71", v1::TIME_UNIT_DAY, 30, kLaw, 0, false, "data complaint acknowledged"},
    {"CK-80", v1::TIME_UNIT_HOUR, 24, kLaw, 0, false, "emergency hazard made safe, SI 2025/1042"},
    {"CK-81", kWorkingDays, 10, kLaw, 0, false, "significant hazard investigated, SI 2025/1042 reg. 6"},
    {"CK-82", kWorkingDays, 10, kLaw, 0, false, "renewed investigation, SI 2025/1042"},
    {"CK-83", kWorkingDays, 3, kLaw, 0, false, "written summary sent, SI 2025/1042 reg. 9"},
    {"CK-84", kWorkingDays, 5, kLaw, 0, false, "safety work completed, SI 2025/1042 reg. 11"},
    {"CK-85", kWorkingDays, 5, kLaw, 0, false, "supplementary work begun, SI 2025/1042"},
    // The regulations say 12 weeks; a week is seven days, and a pack has no unit of weeks.
    {"CK-86", v1::TIME_UNIT_DAY, 84, kLaw, 0, false, "supplementary work physically started, SI 2025/1042"},
};

}  // namespace

const LawLimit* FindLawLimit(std::string_view catalogue) {
  for (const LawLimit& limit : kLimits) {
    if (limit.catalogue == catalogue) return &limit;
  }
  return nullptr;
}

}  // namespace caseward
