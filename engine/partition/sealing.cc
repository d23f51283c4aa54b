#include "engine/partition/sealing.h"

#include <utility>

#include "engine/base/words.h"

namespace caseward {

absl::Status SealWords(google::protobuf::Message& message, const std::string& subject, KeyVault& vault,
                       std::vector<KeyRecord>& new_keys) {
  return ForEachWords(message, [&](v1::Words& words) -> absl::Status {
    if (words.text().empty()) return absl::OkStatus();
    std::vector<std::string> subjects(words.subjects().begin(), words.subjects().end());
    if (subjects.empty()) {
      if (subject.empty()) return absl::FailedPreconditionError("words that are about nobody");
      subjects.push_back(subject);
    }
    absl::StatusOr<SealedWords> sealed = vault.Seal(words.text(), subjects, new_keys);
    if (!sealed.ok()) return sealed.status();
    words.clear_text();
    words.set_sealed(std::move(sealed->sealed));
    words.set_key_id(std::move(sealed->key_id));
    return absl::OkStatus();
  });
}

}  // namespace caseward
