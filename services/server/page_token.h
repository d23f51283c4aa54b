// Page tokens: opaque to callers, and checked when they come back. A token is the place after the page and a
// fingerprint of the question, so a token of another question is an error and not a strange page.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace caseward {

// `question` is the request without page_size and page_token, serialised.
std::string MakePageToken(std::string_view place, std::string_view question);

// The place; empty for an empty token. INVALID_ARGUMENT for anything not made here for this question.
absl::StatusOr<std::string> ReadPageToken(std::string_view token, std::string_view question);

// 0 means the default; more than the most is cut. INVALID_ARGUMENT if negative.
absl::StatusOr<int> PageSize(int asked, int default_size, int most);

}  // namespace caseward
