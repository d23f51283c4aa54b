#include "storage/wrapped_key.h"

#include <utility>

#include "engine/base/text.h"
#include "storage/crypto.h"
#include "storage/record_frame.h"

namespace caseward {
namespace {

constexpr char kVersion = 1;
constexpr size_t kMasterIdBytes = 8;
constexpr size_t kNonceAt = 1 + kMasterIdBytes;
constexpr size_t kKeyAt = kNonceAt + crypto::kNonceBytes;
constexpr size_t kSubjectsAt = kKeyAt + crypto::kKeyBytes + crypto::kTagBytes;

absl::Status Malformed(std::string_view record_id, std::string_view what) {
  return absl::DataLossError(StrCat("key record '", record_id, "': ", what));
}

absl::Status CheckShape(std::string_view record_id, std::string_view wrapped) {
  if (wrapped.size() < kSubjectsAt + 2) return Malformed(record_id, StrCat("cut short at ", wrapped.size(), " bytes"));
  if (wrapped[0] != kVersion) {
    return Malformed(record_id, StrCat("format version ", int{wrapped[0]}, "; this program knows ", int{kVersion}));
  }
  return absl::OkStatus();
}

std::string Bound(std::string_view record_id, std::string_view subjects) {
  std::string out(record_id);
  out += '\0';
  out += subjects;
  return out;
}

}  // namespace

std::string MasterKeyId(std::string_view master_key) {
  return crypto::HmacSha256(master_key, "caseward master key id").substr(0, kMasterIdBytes);
}

absl::StatusOr<std::string> WrapKey(std::string_view master_key, std::string_view record_id, std::string_view nonce,
                                    const UnwrappedKey& key) {
  std::string subjects;
  AppendBig16(static_cast<uint32_t>(key.subjects.size()), subjects);
  for (const std::string& subject : key.subjects) {
    AppendBig16(static_cast<uint32_t>(subject.size()), subjects);
    subjects += subject;
  }
  const absl::StatusOr<std::string> sealed = crypto::Seal(master_key, nonce, Bound(record_id, subjects), key.data_key);
  if (!sealed.ok()) return sealed.status();
  return StrCat(std::string(1, kVersion), MasterKeyId(master_key), nonce, *sealed, subjects);
}

absl::StatusOr<UnwrappedKey> UnwrapKey(std::string_view master_key, std::string_view record_id,
                                       std::string_view wrapped) {
  if (absl::Status s = CheckShape(record_id, wrapped); !s.ok()) return s;
  const std::string_view made_by = wrapped.substr(1, kMasterIdBytes);
  const std::string ours = MasterKeyId(master_key);
  if (made_by != ours) {
    return absl::UnauthenticatedError(StrCat("key record '", record_id, "' is wrapped by master key ",
                                             crypto::ToHex(made_by), "; the master key in use is ",
                                             crypto::ToHex(ours)));
  }
  absl::StatusOr<std::string> data_key =
      crypto::Open(master_key, wrapped.substr(kNonceAt, crypto::kNonceBytes),
                   Bound(record_id, wrapped.substr(kSubjectsAt)), wrapped.substr(kKeyAt, kSubjectsAt - kKeyAt));
  if (!data_key.ok()) return absl::UnauthenticatedError(StrCat("key record '", record_id, "' was altered"));
  absl::StatusOr<std::vector<std::string>> subjects = SubjectsOfWrapped(record_id, wrapped);
  if (!subjects.ok()) return subjects.status();
  return UnwrappedKey{*std::move(data_key), *std::move(subjects)};
}

absl::StatusOr<std::vector<std::string>> SubjectsOfWrapped(std::string_view record_id, std::string_view wrapped) {
  if (absl::Status s = CheckShape(record_id, wrapped); !s.ok()) return s;
  std::string_view rest = wrapped.substr(kSubjectsAt);
  std::vector<std::string> out(ReadBig16(rest));
  rest.remove_prefix(2);
  for (std::string& subject : out) {
    if (rest.size() < 2 || rest.size() - 2 < ReadBig16(rest))
      return Malformed(record_id, "its list of subjects is cut short");
    subject = std::string(rest.substr(2, ReadBig16(rest)));
    rest.remove_prefix(2 + subject.size());
  }
  return out;
}

absl::StatusOr<std::string> MasterKeyIdOfWrapped(std::string_view record_id, std::string_view wrapped) {
  if (absl::Status s = CheckShape(record_id, wrapped); !s.ok()) return s;
  return crypto::ToHex(wrapped.substr(1, kMasterIdBytes));
}

}  // namespace caseward
