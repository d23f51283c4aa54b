#include "storage/local_key_vault.h"

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/crypto.h"
#include "storage/files.h"
#include "storage/record_frame.h"
#include "storage/wrapped_key.h"

namespace caseward {
namespace {

constexpr size_t kMaxSubjects = 64;
constexpr size_t kMaxSubjectBytes = 256;
// When full of keys that are not durable yet, the cache looks at no more than this many before it grows instead.
constexpr int kMaxEvictionLooks = 8;
constexpr std::string_view kMark = "1";  // the log keeps no empty value: that would mean destroyed

absl::Status CheckSubject(std::string_view subject) {
  if (!subject.empty() && subject.size() <= kMaxSubjectBytes && subject.find('/') == subject.npos)
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("'", subject, "' is not a subject: expected 1 to ", kMaxSubjectBytes, " bytes without a slash"));
}

absl::Status ErasedError(std::string_view subject) {
  return absl::NotFoundError(StrCat("'", subject, "' was erased; its words are gone and no new ones are taken"));
}

std::string JoinSorted(const std::vector<std::string>& subjects) {
  std::string out;
  for (const std::string& subject : subjects) {
    AppendBig16(static_cast<uint32_t>(subject.size()), out);
    out += subject;
  }
  return out;
}

bool IsShared(std::string_view key_id) { return key_id.starts_with("t/"); }
std::string RecordId(std::string_view key_id) { return IsShared(key_id) ? std::string(key_id) : StrCat("s/", key_id); }
std::string MarkId(std::string_view subject, std::string_view shared_id) {
  return StrCat("m/", subject, "/", shared_id.substr(2));
}
std::string ErasedId(std::string_view subject) { return StrCat("e/", subject); }

struct DataKey {
  std::string key;
  std::string nonce_key;
  std::vector<std::string> subjects;
  // While pending: what a round that uses the key must carry, and how many such rounds were told so.
  bool pending = false;
  size_t carriers = 0;
  std::vector<KeyRecord> records;

  DataKey(std::string data_key, std::vector<std::string> about)
      : key(std::move(data_key)), nonce_key(crypto::HmacSha256(key, "caseward nonce 1")), subjects(std::move(about)) {}
  ~DataKey() {
    crypto::Wipe(key);
    crypto::Wipe(nonce_key);
  }
  DataKey(const DataKey&) = delete;
  DataKey& operator=(const DataKey&) = delete;
};

}  // namespace

class LocalKeyVault::Impl {
 public:
  Impl(EventLog& log, NodeSecrets secrets, KeyVaultOptions options)
      : log_(log),
        secrets_(std::move(secrets)),
        master_id_(MasterKeyId(secrets_.master_key)),
        options_(std::move(options)) {}
  ~Impl() {
    crypto::Wipe(secrets_.master_key);
    crypto::Wipe(secrets_.signing_seed);
  }

  absl::Status Start();
  // The key of a text about `subjects` (sorted), for sealing: made if there is none, its records added to `new_keys`
  // while it is pending.
  absl::StatusOr<std::shared_ptr<const DataKey>> ForSealing(const std::string& key_id,
                                                            const std::vector<std::string>& subjects,
                                                            std::vector<KeyRecord>& new_keys);
  absl::StatusOr<std::shared_ptr<const DataKey>> ForOpening(std::string_view key_id);
  // Opens with the other keys of the same id, if there are any: see EventLog::ReadKeysOf.
  absl::StatusOr<std::string> OpenWithOthers(std::string_view key_id, std::string_view sealed);
  absl::Status Destroy(std::string_view subject, std::vector<KeyRecord>& destroyed);
  void Forget(const std::vector<KeyRecord>& keys);

  const NodeSecrets& secrets() const { return secrets_; }
  const std::string& signing_key_id() const { return signing_key_id_; }
  const std::map<std::string, std::string>& public_keys() const { return public_keys_; }

 private:
  using Entry = std::pair<std::string, std::shared_ptr<DataKey>>;  // record id, key

  // All below: mutex_ held.
  std::shared_ptr<DataKey> Cached(const std::string& record_id);
  void Cache(const std::string& record_id, std::shared_ptr<DataKey> key);
  void Drop(const std::string& record_id);
  absl::StatusOr<std::shared_ptr<DataKey>> Load(const std::string& record_id);  // nullptr: none
  absl::StatusOr<std::shared_ptr<DataKey>> Make(const std::string& record_id, const std::vector<std::string>& subjects);
  absl::Status CheckNotErased(const std::vector<std::string>& subjects);
  // Clears `pending` if the log holds the key by now; false if it holds another key instead.
  absl::StatusOr<bool> Settle(const std::string& record_id, DataKey& key);
  absl::StatusOr<std::set<std::string>> SharedKeysOf(std::string_view subject);
  absl::StatusOr<std::vector<std::string>> SubjectsOf(const std::string& record_id);

  EventLog& log_;
  NodeSecrets secrets_;
  const std::string master_id_;
  const KeyVaultOptions options_;
  std::string signing_key_id_;
  std::map<std::string, std::string> public_keys_;  // by key id; constant after Start

  std::mutex mutex_;
  std::list<Entry> recent_;  // newest first
  absl::flat_hash_map<std::string, std::list<Entry>::iterator> by_id_;
  std::set<std::string, std::less<>> erasing_;  // erased, and the round that says so may be on its way
};

absl::Status LocalKeyVault::Impl::Start() {
  if (secrets_.master_key.size() != crypto::kKeyBytes || secrets_.signing_seed.size() != crypto::kKeyBytes) {
    return absl::InvalidArgumentError("a master key and a signing key have 32 bytes each");
  }
  const absl::StatusOr<std::string> own = crypto::PublicKey(secrets_.signing_seed);
  if (!own.ok()) return own.status();
  signing_key_id_ = crypto::ToHex(crypto::Sha256(*own));
  public_keys_[signing_key_id_] = *own;
  for (const std::string& key : options_.trusted_public_keys)
    public_keys_[crypto::ToHex(crypto::Sha256(key))] = key;

  // One wrapped key is enough to tell whether this is the right master key.
  absl::Status verdict;
  for (const std::string_view prefix : {"s/", "t/"}) {
    const absl::Status read = log_.ReadKeys(prefix, [&](std::string_view id, std::string_view wrapped) {
      verdict = UnwrapKey(secrets_.master_key, id, wrapped).status();
      return false;
    });
    if (!read.ok()) return read;
    if (!verdict.ok()) return verdict;
  }
  return absl::OkStatus();
}

std::shared_ptr<DataKey> LocalKeyVault::Impl::Cached(const std::string& record_id) {
  const auto found = by_id_.find(record_id);
  if (found == by_id_.end()) return nullptr;
  if (options_.shared && absl::IsNotFound(CheckNotErased(found->second->second->subjects))) {
    Drop(record_id);  // another node has destroyed it
    return nullptr;
  }
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->second;
}

void LocalKeyVault::Impl::Cache(const std::string& record_id, std::shared_ptr<DataKey> key) {
  Drop(record_id);
  recent_.emplace_front(record_id, std::move(key));
  by_id_[record_id] = recent_.begin();
  // A pending key exists nowhere else, so it stays until the log is seen to hold it.
  auto oldest = std::prev(recent_.end());
  for (int look = 0; by_id_.size() > options_.max_cached_keys && look < kMaxEvictionLooks && oldest != recent_.begin();
       ++look) {
    const auto candidate = oldest--;
    if (candidate->second->pending &&
        (!Settle(candidate->first, *candidate->second).ok() || candidate->second->pending))
      continue;
    by_id_.erase(candidate->first);
    recent_.erase(candidate);
  }
}

void LocalKeyVault::Impl::Drop(const std::string& record_id) {
  const auto found = by_id_.find(record_id);
  if (found == by_id_.end()) return;
  recent_.erase(found->second);
  by_id_.erase(found);
}

absl::StatusOr<std::shared_ptr<DataKey>> LocalKeyVault::Impl::Load(const std::string& record_id) {
  const absl::StatusOr<std::optional<std::string>> wrapped = log_.ReadKey(record_id);
  if (!wrapped.ok()) return wrapped.status();
  if (!*wrapped) return nullptr;
  absl::StatusOr<UnwrappedKey> unwrapped = UnwrapKey(secrets_.master_key, record_id, **wrapped);
  if (!unwrapped.ok()) return unwrapped.status();
  auto key = std::make_shared<DataKey>(std::move(unwrapped->data_key), std::move(unwrapped->subjects));
  for (const std::string& subject : key->subjects) {
    if (erasing_.contains(subject)) return ErasedError(subject);
  }
  Cache(record_id, key);
  return key;
}

absl::Status LocalKeyVault::Impl::CheckNotErased(const std::vector<std::string>& subjects) {
  for (const std::string& subject : subjects) {
    if (erasing_.contains(subject)) return ErasedError(subject);
    const absl::StatusOr<std::optional<std::string>> erased = log_.ReadKey(ErasedId(subject));
    if (!erased.ok()) return erased.status();
    if (*erased) return ErasedError(subject);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<DataKey>> LocalKeyVault::Impl::Make(const std::string& record_id,
                                                                   const std::vector<std::string>& subjects) {
  std::string data_key(crypto::kKeyBytes, '\0');
  std::string nonce(crypto::kNonceBytes, '\0');
  if (absl::Status s = options_.random(data_key.data(), data_key.size()); !s.ok()) return s;
  if (absl::Status s = options_.random(nonce.data(), nonce.size()); !s.ok()) return s;
  absl::StatusOr<std::string> wrapped = WrapKey(secrets_.master_key, record_id, nonce, {data_key, subjects});
  if (!wrapped.ok()) return wrapped.status();

  auto key = std::make_shared<DataKey>(std::move(data_key), subjects);
  key->pending = true;
  key->records.push_back({record_id, *std::move(wrapped)});
  if (IsShared(record_id)) {
    for (const std::string& subject : subjects)
      key->records.push_back({MarkId(subject, record_id), std::string(kMark)});
  }
  Cache(record_id, key);
  return key;
}

absl::StatusOr<bool> LocalKeyVault::Impl::Settle(const std::string& record_id, DataKey& key) {
  const absl::StatusOr<std::optional<std::string>> stored = log_.ReadKey(record_id);
  if (!stored.ok()) return stored.status();
  if (!*stored) return true;
  if (**stored != key.records.front().wrapped) return false;
  key.pending = false;
  key.records.clear();
  return true;
}

absl::StatusOr<std::shared_ptr<const DataKey>> LocalKeyVault::Impl::ForSealing(const std::string& key_id,
                                                                               const std::vector<std::string>& subjects,
                                                                               std::vector<KeyRecord>& new_keys) {
  const std::string record_id = RecordId(key_id);
  const std::lock_guard lock(mutex_);
  std::shared_ptr<DataKey> key = Cached(record_id);
  if (key != nullptr && key->pending) {
    const absl::StatusOr<bool> ours = Settle(record_id, *key);
    if (!ours.ok()) return ours.status();
    if (!*ours) {  // another owner made one first; the log would refuse ours
      Drop(record_id);
      key = nullptr;
    }
  }
  if (key == nullptr) {
    if (absl::Status s = CheckNotErased(subjects); !s.ok()) return s;
    absl::StatusOr<std::shared_ptr<DataKey>> stored = Load(record_id);
    if (stored.ok() && *stored == nullptr) stored = Make(record_id, subjects);
    if (!stored.ok()) return stored.status();
    key = *std::move(stored);
  }
  if (key->pending) {
    const bool carried =
        std::any_of(new_keys.begin(), new_keys.end(), [&](const KeyRecord& k) { return k.key_id == record_id; });
    if (!carried) {
      ++key->carriers;
      new_keys.insert(new_keys.end(), key->records.begin(), key->records.end());
    }
  }
  return key;
}

absl::StatusOr<std::shared_ptr<const DataKey>> LocalKeyVault::Impl::ForOpening(std::string_view key_id) {
  const std::string record_id = RecordId(key_id);
  const std::lock_guard lock(mutex_);
  if (std::shared_ptr<DataKey> key = Cached(record_id)) return key;
  if (!IsShared(key_id)) {
    if (absl::Status s = CheckNotErased({std::string(key_id)}); !s.ok()) return s;
  }
  absl::StatusOr<std::shared_ptr<DataKey>> stored = Load(record_id);
  if (stored.ok() && *stored == nullptr && options_.shared) {
    if (absl::Status s = log_.CatchUpKeys(); !s.ok()) return s;
    stored = Load(record_id);
  }
  if (!stored.ok()) return stored.status();
  if (*stored == nullptr)
    return absl::NotFoundError(StrCat("there is no key '", key_id, "': it was destroyed or never made"));
  return *stored;
}

absl::StatusOr<std::string> LocalKeyVault::Impl::OpenWithOthers(std::string_view key_id, std::string_view sealed) {
  const std::string record_id = RecordId(key_id);
  absl::StatusOr<std::vector<std::string>> all = log_.ReadKeysOf(record_id);
  if (all.ok() && all->size() < 2 && options_.shared) {
    if (absl::Status s = log_.CatchUpKeys(); !s.ok()) return s;
    all = log_.ReadKeysOf(record_id);
  }
  if (!all.ok()) return all.status();
  for (const std::string& wrapped : *all) {
    absl::StatusOr<UnwrappedKey> key = UnwrapKey(secrets_.master_key, record_id, wrapped);
    if (!key.ok()) return key.status();
    absl::StatusOr<std::string> text =
        crypto::Open(key->data_key, sealed.substr(0, crypto::kNonceBytes), key_id, sealed.substr(crypto::kNonceBytes));
    crypto::Wipe(key->data_key);
    if (!absl::IsUnauthenticated(text.status())) return text;
  }
  return absl::UnauthenticatedError("sealed bytes were altered, or sealed under another key");
}

absl::StatusOr<std::set<std::string>> LocalKeyVault::Impl::SharedKeysOf(std::string_view subject) {
  std::set<std::string> found;
  const std::string prefix = StrCat("m/", subject, "/");
  const absl::Status read = log_.ReadKeys(prefix, [&](std::string_view id, std::string_view) {
    found.insert(StrCat("t/", id.substr(prefix.size())));
    return true;
  });
  if (!read.ok()) return read;
  for (const auto& [record_id, key] : recent_) {
    const std::vector<std::string>& about = key->subjects;
    if (IsShared(record_id) && std::find(about.begin(), about.end(), subject) != about.end()) found.insert(record_id);
  }
  return found;
}

absl::StatusOr<std::vector<std::string>> LocalKeyVault::Impl::SubjectsOf(const std::string& record_id) {
  if (const std::shared_ptr<DataKey> key = Cached(record_id)) return key->subjects;
  const absl::StatusOr<std::optional<std::string>> wrapped = log_.ReadKey(record_id);
  if (!wrapped.ok()) return wrapped.status();
  if (!*wrapped) return std::vector<std::string>();
  return SubjectsOfWrapped(record_id, **wrapped);
}

absl::Status LocalKeyVault::Impl::Destroy(std::string_view subject, std::vector<KeyRecord>& destroyed) {
  if (absl::Status s = CheckSubject(subject); !s.ok()) return s;
  const std::lock_guard lock(mutex_);
  const absl::StatusOr<std::set<std::string>> shared = SharedKeysOf(subject);
  if (!shared.ok()) return shared.status();
  std::vector<KeyRecord> records = {{ErasedId(subject), std::string(kMark)}, {RecordId(subject), ""}};
  for (const std::string& record_id : *shared) {
    const absl::StatusOr<std::vector<std::string>> subjects = SubjectsOf(record_id);
    if (!subjects.ok()) return subjects.status();
    records.push_back({record_id, ""});
    for (const std::string& other : *subjects)
      records.push_back({MarkId(other, record_id), ""});
  }
  for (const std::string& record_id : *shared)
    Drop(record_id);
  Drop(RecordId(subject));
  // Earlier erasures that the log holds by now need no remembering here.
  std::erase_if(erasing_, [&](const std::string& earlier) {
    const absl::StatusOr<std::optional<std::string>> mark = log_.ReadKey(ErasedId(earlier));
    return mark.ok() && mark->has_value();
  });
  erasing_.emplace(subject);
  destroyed.insert(destroyed.end(), records.begin(), records.end());
  return absl::OkStatus();
}

void LocalKeyVault::Impl::Forget(const std::vector<KeyRecord>& keys) {
  const std::lock_guard lock(mutex_);
  for (const KeyRecord& record : keys) {
    if (std::string_view(record.key_id).starts_with("e/")) {
      erasing_.erase(record.key_id.substr(2));  // from here the log alone says whether the subject is erased
      continue;
    }
    const std::shared_ptr<DataKey> key = Cached(record.key_id);
    if (key == nullptr || !key->pending || key->records.front().wrapped != record.wrapped) continue;
    if (--key->carriers == 0) Drop(record.key_id);  // if it did become durable, the log gives it back
  }
}

LocalKeyVault::LocalKeyVault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalKeyVault::~LocalKeyVault() = default;

absl::StatusOr<std::unique_ptr<LocalKeyVault>> LocalKeyVault::OpenWith(EventLog& log, const NodeSecrets& secrets,
                                                                       KeyVaultOptions options) {
  if (options.random == nullptr) options.random = crypto::RandomBytes;
  auto impl = std::make_unique<Impl>(log, secrets, std::move(options));
  if (absl::Status s = impl->Start(); !s.ok()) return s;
  return std::unique_ptr<LocalKeyVault>(new LocalKeyVault(std::move(impl)));
}

absl::StatusOr<SealedWords> LocalKeyVault::Seal(std::string_view text, const std::vector<std::string>& subjects,
                                                std::vector<KeyRecord>& new_keys) {
  if (subjects.empty() || subjects.size() > kMaxSubjects) {
    return absl::InvalidArgumentError(
        StrCat("expected words about 1 to ", kMaxSubjects, " subjects, found ", subjects.size()));
  }
  std::vector<std::string> about = subjects;
  std::sort(about.begin(), about.end());
  about.erase(std::unique(about.begin(), about.end()), about.end());
  for (const std::string& subject : about) {
    if (absl::Status s = CheckSubject(subject); !s.ok()) return s;
  }
  const std::string key_id =
      about.size() == 1 ? about[0] : StrCat("t/", crypto::ToHex(crypto::Sha256(JoinSorted(about))));
  const absl::StatusOr<std::shared_ptr<const DataKey>> key = impl_->ForSealing(key_id, about, new_keys);
  if (!key.ok()) return key.status();

  std::string sealed = crypto::HmacSha256((*key)->nonce_key, text).substr(0, crypto::kNonceBytes);
  const absl::StatusOr<std::string> rest = crypto::Seal((*key)->key, sealed, key_id, text);
  if (!rest.ok()) return rest.status();
  return SealedWords{key_id, sealed + *rest};
}

absl::StatusOr<std::string> LocalKeyVault::Open(std::string_view key_id, std::string_view sealed) {
  const absl::StatusOr<std::shared_ptr<const DataKey>> key = impl_->ForOpening(key_id);
  if (!key.ok()) return key.status();
  if (sealed.size() < crypto::kNonceBytes + crypto::kTagBytes) {
    return absl::UnauthenticatedError(StrCat("words under key '", key_id, "': ", sealed.size(), " bytes are too few"));
  }
  absl::StatusOr<std::string> text =
      crypto::Open((*key)->key, sealed.substr(0, crypto::kNonceBytes), key_id, sealed.substr(crypto::kNonceBytes));
  if (absl::IsUnauthenticated(text.status())) text = impl_->OpenWithOthers(key_id, sealed);
  if (absl::IsUnauthenticated(text.status())) {
    return absl::UnauthenticatedError(StrCat("words under key '", key_id, "': ", text.status().message()));
  }
  return text;
}

absl::Status LocalKeyVault::Destroy(std::string_view subject, std::vector<KeyRecord>& destroyed) {
  return impl_->Destroy(subject, destroyed);
}
void LocalKeyVault::Forget(const std::vector<KeyRecord>& keys) { impl_->Forget(keys); }

absl::StatusOr<std::string> LocalKeyVault::Sign(std::string_view bytes) {
  return crypto::Sign(impl_->secrets().signing_seed, bytes);
}
std::string LocalKeyVault::signing_key_id() const { return impl_->signing_key_id(); }

absl::Status LocalKeyVault::Verify(std::string_view key_id, std::string_view bytes, std::string_view signature) const {
  const auto key = impl_->public_keys().find(std::string(key_id));
  if (key == impl_->public_keys().end())
    return absl::NotFoundError(StrCat("no public key '", key_id, "' is known here"));
  if (crypto::Verify(key->second, bytes, signature)) return absl::OkStatus();
  return absl::UnauthenticatedError(StrCat("the signature is not one of key '", key_id, "' over these bytes"));
}

std::unique_ptr<LocalKeyVault> MakeSeededKeyVault(EventLog& log, uint64_t seed) {
  std::string seed_bytes;
  AppendBig64(seed, seed_bytes);
  KeyVaultOptions options;
  options.shared = true;
  options.random = [seed_bytes, n = uint64_t{0}](char* out, size_t size) mutable {
    for (size_t at = 0; at < size; at += crypto::kKeyBytes) {
      std::string block = seed_bytes;
      AppendBig64(n++, block);
      block = crypto::Sha256(block);
      std::copy_n(block.begin(), std::min(size - at, block.size()), out + at);
    }
    return absl::OkStatus();
  };
  NodeSecrets secrets{crypto::Sha256("the master key of all nodes"), crypto::Sha256("signing" + seed_bytes)};
  absl::StatusOr<std::unique_ptr<LocalKeyVault>> vault = LocalKeyVault::OpenWith(log, secrets, std::move(options));
  CHECK(vault.ok());
  return *std::move(vault);
}

}  // namespace caseward
