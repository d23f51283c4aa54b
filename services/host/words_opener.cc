#include "services/host/words_opener.h"

#include <algorithm>

#include "engine/base/actor.h"
#include "engine/base/words.h"

namespace caseward {
namespace {

absl::Status OpenOne(KeyVault& vault, v1::Words& words) {
  if (words.sealed().empty()) {
    return absl::OkStatus();
  }
  auto text = vault.Open(words.key_id(), words.sealed());
  if (absl::IsNotFound(text.status())) {
    return absl::OkStatus();  // erased: gone for good
  }
  if (!text.ok()) {
    return text.status();
  }
  words.set_text(*std::move(text));
  return absl::OkStatus();
}

}  // namespace

bool MayReadWords(const v1::Actor& actor, const std::vector<std::string>& roles) {
  if (roles.empty()) {
    return actor.kind() == v1::Actor::KIND_STAFF;
  }
  return std::any_of(roles.begin(), roles.end(), [&](const std::string& role) { return HasRole(actor, role); });
}

absl::Status OpenWords(KeyVault& vault, google::protobuf::Message& message) {
  return ForEachWords(message, [&](v1::Words& words) { return OpenOne(vault, words); });
}

}  // namespace caseward
