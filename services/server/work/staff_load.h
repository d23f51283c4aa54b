// What members of staff carry, as the directory knows it, and the list of everybody's with what lies behind it.
#pragma once

#include <string_view>

#include "caseward/v1/other_services.pb.h"
#include "engine/directory/directory.h"
#include "services/server/backend.h"
#include "services/server/unary_call.h"

namespace caseward {

// Load and cap; the cases are not looked at.
v1::StaffLoad StaffLoadOf(const Directory& directory, std::string_view person);

// Each with the open cases they own and the breached clocks of these, in the order of their ids. Everybody sees their
// own line; who holds a role above the front line, or administers the system, sees all.
void ListCaseloads(Backend& backend, v1::ListCaseloadsRequest request, v1::Actor actor,
                   Answer<v1::ListCaseloadsResponse> answer);

}  // namespace caseward
