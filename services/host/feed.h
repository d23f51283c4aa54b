// The feed form of a decision (hop 6, publish): what other systems may see of it. Pure.
//
//   Decision{accepted: [e0, e1, e2]}  →  item 0, item 1, item 2 (last_of_record)       a refusal gives no item
//
// The feed carries class INTERNAL only. Every field of another class is removed, and so is every `Words`, wherever it
// stands; a field without a class, or a pack's field that is not known here, is removed as well: what is not known to
// be harmless does not leave. An event whose very type tells more (a step the pack gives special or safe-contact
// fields, special category data that goes to an agency) travels as "caseward.case.changed.v1", with nothing but its
// times; what later happens with that agency travels without its name. Of a refusal that an import kept beside such an
// event only the rule's id leaves.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "caseward/v1/decision.pb.h"
#include "caseward/v1/other_services.pb.h"
#include "caseward/v1/policy.pb.h"

namespace caseward {

// Goes up whenever the feed form of an event that was already released changes.
inline constexpr uint32_t kFeedForm = 1;
inline constexpr std::string_view kOpaqueType = "caseward.case.changed.v1";

// The step of a version of a pack, or null. "report" and "triage" declare the fields of those verbs.
using StepLookup =
    std::function<const v1::StepType*(std::string_view pack_id, uint32_t pack_version, std::string_view step)>;

std::vector<v1::SubscribeResponse> FeedForm(const v1::Decision& decision, std::string_view log_id,
                                            const StepLookup& steps);

// "case_closed" → "caseward.case.closed.v1".
std::string CloudEventType(std::string_view event_name);

// Removes everything that is not class INTERNAL.
void RemoveWords(google::protobuf::Message& message);

}  // namespace caseward
