// Text between the standard library and Abseil. Abseil as Debian builds it has a string_view of its own, which
// std::string_view does not turn into; inside Caseward text travels as std::string_view, and these are the ways across.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace caseward {

inline absl::string_view AbslText(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view StdText(absl::string_view text) { return {text.data(), text.size()}; }

// absl::StrCat that also takes std::string_view.
template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  const auto passable = [](const auto& part) -> decltype(auto) {
    if constexpr (std::is_same_v<std::decay_t<decltype(part)>, std::string_view>) {
      return AbslText(part);
    } else {
      return (part);
    }
  };
  return absl::StrCat(passable(parts)...);
}

}  // namespace caseward
