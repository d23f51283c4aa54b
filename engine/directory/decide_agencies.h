// Deciding register_agency, register_agreement, review_agreement and suspend_agreement: a part of DecideDirectory,
// which has checked who asks. What changes counts from when it is recorded: agreements are always today's.
#pragma once

#include "engine/directory/directory.h"

namespace caseward {

bool IsAgencyVerb(const v1::Command& command);

// `event` has its time; the verb is one of the four.
DirectoryVerdict DecideAgencies(const Directory& directory, const v1::Command& command, v1::Event event,
                                absl::Time now);

}  // namespace caseward
