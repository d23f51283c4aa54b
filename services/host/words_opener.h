// Opens sealed words for a reader who may see them. Walks a message and fills `text` of every `Words` whose key still
// exists; what was erased stays sealed, with no text.
//
// Who may: any actor with a role of the list; an empty list means any member of staff (the default while the only way
// to authenticate is the development header).
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "caseward/v1/common.pb.h"
#include "engine/port/key_vault.h"

namespace caseward {

bool MayReadWords(const v1::Actor& actor, const std::vector<std::string>& roles);

// A decision, a state, or what is in them (engine/base/words.h). A vault that cannot open anything at all (a lost
// master key) is a fault; a destroyed key is not.
absl::Status OpenWords(KeyVault& vault, google::protobuf::Message& message);

}  // namespace caseward
