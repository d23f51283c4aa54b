// The files of LocalKeyVault: master key, signing key and the public keys of heads, side by side in one folder.
#include <filesystem>
#include <utility>

#include "engine/base/text.h"
#include "storage/crypto.h"
#include "storage/files.h"
#include "storage/local_key_vault.h"
#include "storage/wrapped_key.h"

namespace caseward {
namespace {

absl::StatusOr<std::string> ReadKeyFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadSecretFile(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::string> key = crypto::FromHex(*text, crypto::kKeyBytes);
  if (!key.ok()) return absl::FailedPreconditionError(StrCat(path, ": ", key.status().message()));
  return key;
}

absl::Status CreateKeyFile(const std::string& path) {
  std::string key(crypto::kKeyBytes, '\0');
  if (absl::Status s = crypto::RandomBytes(key.data(), key.size()); !s.ok()) return s;
  std::string text = crypto::ToHex(key) + "\n";
  const absl::Status written = WriteNewFile(path, text, FileMode::kSecret);
  crypto::Wipe(key);
  crypto::Wipe(text);
  return written;
}

// Why there is no master key: lost, if the log holds keys that need it.
absl::Status ExplainMissing(EventLog& log, const std::string& path) {
  std::string wrapped_by;
  for (const std::string_view prefix : {"s/", "t/"}) {
    const absl::Status read = log.ReadKeys(prefix, [&](std::string_view id, std::string_view wrapped) {
      wrapped_by = MasterKeyIdOfWrapped(id, wrapped).value_or("an unreadable id");
      return false;
    });
    if (!read.ok()) return read;
  }
  if (wrapped_by.empty()) return absl::NotFoundError(StrCat("there is no master key at ", path, " yet"));
  return absl::FailedPreconditionError(
      StrCat("master key ", path, " is lost: the log holds personal words sealed under master key ", wrapped_by,
             "; put the file back from where it is kept; without it these words cannot be read"));
}

// This node's signing key; a lost one is replaced, because earlier heads stay verifiable by their public files.
absl::StatusOr<std::string> ReadOrCreateSigningSeed(const std::filesystem::path& folder) {
  const std::string path = (folder / "head-signing.key").string();
  absl::StatusOr<std::string> seed = ReadKeyFile(path);
  if (!absl::IsNotFound(seed.status())) return seed;
  if (absl::Status s = CreateKeyFile(path); !s.ok()) return s;
  return ReadKeyFile(path);
}

absl::Status KeepPublicKey(const std::filesystem::path& folder, const std::string& seed) {
  const absl::StatusOr<std::string> key = crypto::PublicKey(seed);
  if (!key.ok()) return key.status();
  const std::string path = (folder / StrCat("head-", crypto::ToHex(crypto::Sha256(*key)), ".pub")).string();
  const absl::Status written = WriteNewFile(path, crypto::ToHex(*key) + "\n", FileMode::kPublic);
  return absl::IsAlreadyExists(written) ? absl::OkStatus() : written;
}

absl::StatusOr<std::vector<std::string>> ReadPublicKeys(const std::filesystem::path& folder) {
  const absl::StatusOr<std::vector<std::string>> names = ListFiles(folder.string());
  if (!names.ok()) return names.status();
  std::vector<std::string> out;
  for (const std::string& name : *names) {
    if (!std::string_view(name).ends_with(".pub")) continue;
    const absl::StatusOr<std::string> text = ReadSmallFile((folder / name).string());
    if (!text.ok()) return text.status();
    absl::StatusOr<std::string> key = crypto::FromHex(*text, crypto::kKeyBytes);
    if (!key.ok()) return absl::FailedPreconditionError(StrCat((folder / name).string(), ": ", key.status().message()));
    out.push_back(*std::move(key));
  }
  return out;
}

}  // namespace

absl::Status CreateMasterKeyFile(const std::string& path) { return CreateKeyFile(path); }

absl::StatusOr<std::unique_ptr<LocalKeyVault>> LocalKeyVault::Open(EventLog& log, const std::string& master_key_path,
                                                                   KeyVaultOptions options) {
  absl::StatusOr<std::string> master = ReadKeyFile(master_key_path);
  if (absl::IsNotFound(master.status())) return ExplainMissing(log, master_key_path);
  if (!master.ok()) return master.status();
  std::filesystem::path folder = options.signing_folder;
  if (folder.empty()) folder = std::filesystem::path(master_key_path).parent_path();
  if (folder.empty()) folder = ".";
  absl::StatusOr<std::string> seed = ReadOrCreateSigningSeed(folder);
  if (!seed.ok()) return seed.status();
  if (absl::Status s = KeepPublicKey(folder, *seed); !s.ok()) return s;
  absl::StatusOr<std::vector<std::string>> known = ReadPublicKeys(folder);
  if (!known.ok()) return known.status();
  options.trusted_public_keys.insert(options.trusted_public_keys.end(), known->begin(), known->end());
  absl::StatusOr<std::unique_ptr<LocalKeyVault>> vault =
      OpenWith(log, {*std::move(master), *std::move(seed)}, std::move(options));
  if (!absl::IsUnauthenticated(vault.status())) return vault;
  return absl::UnauthenticatedError(
      StrCat("master key ", master_key_path, " is not this log's: ", vault.status().message()));
}

}  // namespace caseward
