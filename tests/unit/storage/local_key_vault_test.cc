#include "storage/local_key_vault.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/files.h"
#include "storage/forwarding_event_log.h"
#include "storage/memory_event_log.h"
#include "tests/support/temp_folder.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace caseward {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Keys = std::vector<KeyRecord>;

class Vault : public testing::Test {
 protected:
  // Makes the keys durable, as the round that uses them would.
  void Commit(const Keys& keys) {
    AppendResult result;
    log_.AppendRound(0, {term_, *log_.End(0), {"record"}, {}, keys}, [&](AppendResult r) { result = std::move(r); });
    EXPECT_EQ(result.kind, AppendResult::Kind::kCommitted) << result.why;
  }
  SealedWords Seal(const std::string& text, const std::vector<std::string>& subjects) {
    Keys keys;
    const auto sealed = vault_->Seal(text, subjects, keys);
    EXPECT_TRUE(sealed.ok()) << sealed.status();
    if (!keys.empty()) Commit(keys);
    return sealed.value_or(SealedWords());
  }
  absl::Status Erase(const std::string& subject) {
    Keys keys;
    const absl::Status status = vault_->Destroy(subject, keys);
    if (status.ok()) Commit(keys);
    return status;
  }
  absl::Status TrySeal(const std::vector<std::string>& subjects) {
    Keys keys;
    return vault_->Seal("words", subjects, keys).status();
  }
  // Another process over the same log: nothing cached.
  std::unique_ptr<LocalKeyVault> Another() { return MakeSeededKeyVault(log_, 1); }

  MemoryEventLog log_{1};
  uint64_t term_ = *log_.Claim(0, "test");
  std::unique_ptr<LocalKeyVault> vault_ = MakeSeededKeyVault(log_, 1);
};

TEST_F(Vault, WordsComeBackAndAreNowhereInTheSealedBytes) {
  for (const std::string& text : {std::string("He shouted at my door"), std::string(), std::string(64 << 10, '\xe2')}) {
    const SealedWords sealed = Seal(text, {"r1"});
    EXPECT_EQ(sealed.key_id, "r1") << "one subject: the key id is the subject";
    EXPECT_EQ(sealed.sealed.size(), 12 + text.size() + 16);
    EXPECT_EQ(vault_->Open(sealed.key_id, sealed.sealed).value(), text);
    if (text.empty()) continue;
    EXPECT_THAT(sealed.sealed, testing::Not(HasSubstr(text)));
  }
}

// Nodes that share a log each have a vault. What one destroys the others must not go on using out of their caches,
// whether the key was known to be in the log or still on its way (law L11).
TEST_F(Vault, AKeyThatAnotherNodeDestroysIsUsedNoMore) {
  const std::unique_ptr<LocalKeyVault> other = Another();
  Keys own;
  const SealedWords pending = other->Seal("on its way", {"r1"}, own).value();
  Commit(own);
  const SealedWords settled = other->Seal("settled", {"r2"}, own).value();
  Commit({own.back()});
  Keys none;
  ASSERT_TRUE(other->Seal("seen in the log", {"r2"}, none).ok());
  ASSERT_THAT(none, IsEmpty());

  ASSERT_TRUE(Erase("r1").ok());
  ASSERT_TRUE(Erase("r2").ok());
  for (const SealedWords& words : {pending, settled}) {
    EXPECT_TRUE(absl::IsNotFound(other->Open(words.key_id, words.sealed).status())) << words.key_id;
    Keys more;
    EXPECT_TRUE(absl::IsNotFound(other->Seal("again", {words.key_id}, more).status())) << words.key_id;
    EXPECT_THAT(more, IsEmpty());
  }
}

// Two owners that make a key for one person in the same moment, as only a log of several owners lets them.
class TwoKeysLog : public ForwardingEventLog {
 public:
  using ForwardingEventLog::ForwardingEventLog;
  absl::StatusOr<std::vector<std::string>> ReadKeysOf(std::string_view key_id) override {
    absl::StatusOr<std::vector<std::string>> keys = ForwardingEventLog::ReadKeysOf(key_id);
    if (keys.ok() && key_id == other.key_id) keys->push_back(other.wrapped);
    return keys;
  }
  KeyRecord other;
};

TEST_F(Vault, WordsSealedUnderEitherOfTwoKeysOfOnePersonOpen) {
  MemoryEventLog elsewhere{1};
  Keys theirs;
  const SealedWords lost = MakeSeededKeyVault(elsewhere, 2)->Seal("theirs", {"r1"}, theirs).value();
  const SealedWords ours = Seal("ours", {"r1"});

  TwoKeysLog both(log_);
  const std::unique_ptr<LocalKeyVault> vault = MakeSeededKeyVault(both, 1);
  EXPECT_TRUE(absl::IsUnauthenticated(vault->Open("r1", lost.sealed).status())) << "that key is not in the log";
  both.other = theirs.front();
  EXPECT_EQ(vault->Open("r1", lost.sealed).value(), "theirs");
  EXPECT_EQ(vault->Open("r1", ours.sealed).value(), "ours");
  Keys none;
  EXPECT_EQ(vault->Seal("ours", {"r1"}, none).value().sealed, ours.sealed) << "the first one seals";
}

TEST_F(Vault, SealingIsDeterministicForOneKeyAndDiffersBetweenPeople) {
  const SealedWords first = Seal("same words", {"r1"});
  EXPECT_EQ(Seal("same words", {"r1"}).sealed, first.sealed);
  EXPECT_EQ(Another()->Open("r1", first.sealed).value(), "same words");
  Keys none;
  EXPECT_EQ(Another()->Seal("same words", {"r1"}, none).value().sealed, first.sealed) << "also after a restart";
  EXPECT_THAT(none, IsEmpty());
  EXPECT_NE(Seal("same words", {"r2"}).sealed, first.sealed);
  EXPECT_NE(Seal("other words", {"r1"}).sealed, first.sealed);
}

TEST_F(Vault, NodesWithSeedsOfTheirOwnShareALog) {
  const SealedWords sealed = Seal("words", {"r1"});
  EXPECT_EQ(MakeSeededKeyVault(log_, 2)->Open("r1", sealed.sealed).value(), "words");
}

TEST_F(Vault, ATextAboutSeveralHasAKeyOfItsOwnWhateverTheOrder) {
  const SealedWords both = Seal("they argued", {"r2", "r1"});
  EXPECT_THAT(both.key_id, testing::StartsWith("t/"));
  const SealedWords again = Seal("they argued", {"r1", "r2", "r1"});
  EXPECT_EQ(again.key_id, both.key_id);
  EXPECT_EQ(again.sealed, both.sealed);
  EXPECT_NE(Seal("they argued", {"r1", "r3"}).key_id, both.key_id);
  EXPECT_EQ(Another()->Open(both.key_id, both.sealed).value(), "they argued");
}

TEST_F(Vault, EveryRoundCarriesAKeyUntilTheLogHoldsIt) {
  Keys first;
  Keys second;
  ASSERT_TRUE(vault_->Seal("a", {"r1"}, first).ok());
  ASSERT_TRUE(vault_->Seal("b", {"r1"}, first).ok());
  ASSERT_TRUE(vault_->Seal("c", {"r1"}, second).ok());
  ASSERT_EQ(first.size(), 1u) << "once a round";
  ASSERT_EQ(second.size(), 1u) << "the other round may be the one that commits";
  EXPECT_EQ(first[0].wrapped, second[0].wrapped);

  Commit(second);
  Keys third;
  ASSERT_TRUE(vault_->Seal("d", {"r1"}, third).ok());
  EXPECT_THAT(third, IsEmpty());
}

TEST_F(Vault, AKeyIsForgottenOnlyWhenNoRoundCarriesItAnyMore) {
  Keys first;
  Keys second;
  const SealedWords sealed = vault_->Seal("a", {"r1"}, first).value();
  ASSERT_TRUE(vault_->Seal("b", {"r1"}, second).ok());

  vault_->Forget(first);
  Keys third;
  EXPECT_EQ(vault_->Seal("a", {"r1"}, third).value().sealed, sealed.sealed) << "the second round is still on its way";
  vault_->Forget(second);
  vault_->Forget(third);
  Keys fourth;
  EXPECT_NE(vault_->Seal("a", {"r1"}, fourth).value().sealed, sealed.sealed);
  EXPECT_TRUE(absl::IsUnauthenticated(vault_->Open("r1", sealed.sealed).status()));
}

TEST_F(Vault, AForgottenKeyThatDidBecomeDurableIsFoundAgain) {
  Keys keys;
  const SealedWords sealed = vault_->Seal("a", {"r1"}, keys).value();
  Commit(keys);
  vault_->Forget(keys);
  EXPECT_EQ(vault_->Open("r1", sealed.sealed).value(), "a");
  EXPECT_EQ(Seal("a", {"r1"}).sealed, sealed.sealed);
}

TEST_F(Vault, AnotherNodesKeyWinsOverOneThatIsNotDurable) {
  Keys mine;
  ASSERT_TRUE(vault_->Seal("a", {"r1"}, mine).ok());
  // The same secrets, but further on in its random bytes.
  const auto other = Another();
  Keys burnt;
  ASSERT_TRUE(other->Seal("x", {"burn"}, burnt).ok());
  Keys theirs;
  const SealedWords sealed = other->Seal("a", {"r1"}, theirs).value();
  Commit(theirs);

  EXPECT_EQ(Seal("a", {"r1"}).sealed, sealed.sealed);
}

TEST_F(Vault, L11_AfterAnErasureTheWordsAreUnreadableEverywhere) {
  const SealedWords own = Seal("her words", {"r1"});
  const SealedWords shared = Seal("about both", {"r1", "r2"});
  const SealedWords others = Seal("his words", {"r2"});
  const SealedWords apart = Seal("about two others", {"r2", "r3"});

  ASSERT_TRUE(Erase("r1").ok());

  const std::unique_ptr<LocalKeyVault> restarted = Another();
  for (LocalKeyVault* vault : {vault_.get(), restarted.get()}) {
    EXPECT_TRUE(absl::IsNotFound(vault->Open(own.key_id, own.sealed).status()));
    EXPECT_TRUE(absl::IsNotFound(vault->Open(shared.key_id, shared.sealed).status()));
    EXPECT_EQ(vault->Open(others.key_id, others.sealed).value(), "his words");
    EXPECT_EQ(vault->Open(apart.key_id, apart.sealed).value(), "about two others");
  }
}

TEST_F(Vault, L11_NothingIsSealedForAnErasedPersonAgain) {
  Seal("words", {"r1"});
  ASSERT_TRUE(Erase("r1").ok());
  for (const auto& subjects : {std::vector<std::string>{"r1"}, {"r1", "r2"}, {"r3", "r1"}}) {
    const absl::Status refused = TrySeal(subjects);
    EXPECT_TRUE(absl::IsNotFound(refused)) << refused;
    EXPECT_THAT(refused.message(), HasSubstr("erased"));
    Keys keys;
    EXPECT_TRUE(absl::IsNotFound(Another()->Seal("words", subjects, keys).status())) << "also after a restart";
  }
  EXPECT_TRUE(Erase("r1").ok()) << "erasing twice is no error";
  EXPECT_TRUE(TrySeal({"r2"}).ok());
}

TEST_F(Vault, L11_SomebodyNeverHeardOfCanBeErased) {
  ASSERT_TRUE(Erase("r9").ok());
  EXPECT_TRUE(absl::IsNotFound(TrySeal({"r9"})));
}

TEST_F(Vault, L11_AnErasureInFlightHoldsAtOnceAndCanBeForgotten) {
  const SealedWords own = Seal("her words", {"r1"});
  const SealedWords shared = Seal("about both", {"r1", "r2"});
  Keys destroyed;
  ASSERT_TRUE(vault_->Destroy("r1", destroyed).ok());
  EXPECT_TRUE(absl::IsNotFound(vault_->Open("r1", own.sealed).status()));
  EXPECT_TRUE(absl::IsNotFound(vault_->Open(shared.key_id, shared.sealed).status()));
  EXPECT_TRUE(absl::IsNotFound(TrySeal({"r1", "r5"})));

  vault_->Forget(destroyed);  // its round did not commit

  EXPECT_EQ(vault_->Open("r1", own.sealed).value(), "her words");
  EXPECT_EQ(vault_->Open(shared.key_id, shared.sealed).value(), "about both");
  EXPECT_TRUE(TrySeal({"r1"}).ok());
}

TEST_F(Vault, L11_AKeyMadeButNotYetDurableIsDestroyedToo) {
  Keys made;
  const SealedWords shared = vault_->Seal("about both", {"r1", "r2"}, made).value();
  Keys destroyed;
  ASSERT_TRUE(vault_->Destroy("r1", destroyed).ok());
  Keys round = made;  // one round seals, then erases
  round.insert(round.end(), destroyed.begin(), destroyed.end());
  Commit(round);
  EXPECT_TRUE(absl::IsNotFound(vault_->Open(shared.key_id, shared.sealed).status()));
  EXPECT_TRUE(absl::IsNotFound(Another()->Open(shared.key_id, shared.sealed).status()));
}

TEST_F(Vault, AlteredSealedBytesAreNotOpened) {
  const SealedWords sealed = Seal("words", {"r1"});
  for (size_t bit = 0; bit < sealed.sealed.size() * 8; ++bit) {
    std::string altered = sealed.sealed;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(absl::IsUnauthenticated(vault_->Open("r1", altered).status())) << bit;
  }
  EXPECT_TRUE(absl::IsUnauthenticated(vault_->Open("r1", "short").status()));
  Seal("x", {"r2"});
  EXPECT_TRUE(absl::IsUnauthenticated(vault_->Open("r2", sealed.sealed).status())) << "another person's key";
  EXPECT_TRUE(absl::IsNotFound(vault_->Open("r3", sealed.sealed).status()));
}

TEST_F(Vault, SubjectsAreChecked) {
  EXPECT_TRUE(absl::IsInvalidArgument(TrySeal({})));
  EXPECT_TRUE(absl::IsInvalidArgument(TrySeal({""})));
  EXPECT_TRUE(absl::IsInvalidArgument(TrySeal({"t/1"})));
  EXPECT_TRUE(absl::IsInvalidArgument(TrySeal({std::string(257, 'x')})));
  EXPECT_TRUE(TrySeal({std::string(256, 'x')}).ok());
  Keys keys;
  EXPECT_TRUE(absl::IsInvalidArgument(vault_->Destroy("a/b", keys)));
}

TEST_F(Vault, L10_TheCacheIsBoundedAndNeverLosesAKeyThatIsNotDurable) {
  KeyVaultOptions options;
  options.max_cached_keys = 4;
  auto small = LocalKeyVault::OpenWith(log_, {std::string(32, 'm'), std::string(32, 's')}, options);
  ASSERT_TRUE(small.ok()) << small.status();
  Keys round;
  std::vector<SealedWords> sealed;
  for (int i = 0; i < 50; ++i)
    sealed.push_back((*small)->Seal("w", {"p" + std::to_string(i)}, round).value());
  ASSERT_EQ(round.size(), 50u);
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE((*small)->Open("p" + std::to_string(i), sealed[static_cast<size_t>(i)].sealed).ok());
  Commit(round);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ((*small)->Open("p" + std::to_string(i), sealed[static_cast<size_t>(i)].sealed).value(), "w");
}

TEST_F(Vault, L14_HeadsAreSignedAndVerified) {
  const std::string signature = vault_->Sign("head").value();
  EXPECT_TRUE(vault_->Verify(vault_->signing_key_id(), "head", signature).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(vault_->Verify(vault_->signing_key_id(), "heat", signature)));
  EXPECT_TRUE(absl::IsUnauthenticated(vault_->Verify(vault_->signing_key_id(), "head", signature.substr(1))));
  EXPECT_TRUE(absl::IsNotFound(vault_->Verify("0000", "head", signature)));
  EXPECT_EQ(vault_->signing_key_id().size(), 64u);
}

// ---- files

class VaultFiles : public Vault {
 protected:
  void SetUp() override { ASSERT_TRUE(CreateMasterKeyFile(master_).ok()); }
  absl::StatusOr<std::unique_ptr<LocalKeyVault>> OpenFiles() { return LocalKeyVault::Open(log_, master_); }
  void UseFiles() {
    auto opened = OpenFiles();
    ASSERT_TRUE(opened.ok()) << opened.status();
    vault_ = *std::move(opened);
  }

  TempFolder folder_;
  const std::string master_ = folder_ / "master.key";
};

TEST_F(VaultFiles, TheMasterKeyFileIsPrivateAndNeverReplaced) {
  struct stat about {};
  ASSERT_EQ(::stat(master_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_EQ(ReadSmallFile(master_).value().size(), 65u);
  EXPECT_TRUE(absl::IsAlreadyExists(CreateMasterKeyFile(master_)));
}

TEST_F(VaultFiles, WordsOutliveARestart) {
  UseFiles();
  const SealedWords sealed = Seal("words", {"r1"});
  const std::string id = vault_->signing_key_id();
  const std::string signature = vault_->Sign("head").value();
  UseFiles();
  EXPECT_EQ(vault_->Open("r1", sealed.sealed).value(), "words");
  EXPECT_EQ(vault_->signing_key_id(), id);
  EXPECT_TRUE(vault_->Verify(id, "head", signature).ok());
}

TEST_F(VaultFiles, ALostMasterKeyIsNamedAsLostAndNoNewOneIsTaken) {
  UseFiles();
  Seal("words", {"r1"});
  std::filesystem::remove(master_);

  const absl::Status lost = OpenFiles().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(lost)) << lost;
  EXPECT_THAT(lost.message(), HasSubstr("is lost"));
  EXPECT_THAT(lost.message(), HasSubstr(master_));
}

TEST_F(VaultFiles, NoMasterKeyYetIsAnotherMatter) {
  std::filesystem::remove(master_);
  EXPECT_TRUE(absl::IsNotFound(OpenFiles().status()));
}

TEST_F(VaultFiles, AnotherMasterKeyIsNamed) {
  UseFiles();
  Seal("about both", {"r1", "r2"});
  std::filesystem::remove(master_);
  ASSERT_TRUE(CreateMasterKeyFile(master_).ok());

  const absl::Status wrong = OpenFiles().status();
  EXPECT_TRUE(absl::IsUnauthenticated(wrong)) << wrong;
  EXPECT_THAT(wrong.message(), HasSubstr("master key " + master_ + " is not this log's"));
}

TEST_F(VaultFiles, ADamagedOrOpenKeyFileIsRefused) {
  std::ofstream(master_, std::ios::trunc) << "not hex";
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenFiles().status()));

  std::filesystem::remove(master_);
  ASSERT_TRUE(CreateMasterKeyFile(master_).ok());
  std::filesystem::permissions(master_, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const absl::Status readable = OpenFiles().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(readable));
  EXPECT_THAT(readable.message(), HasSubstr("chmod 600"));
}

TEST_F(VaultFiles, L14_HeadsOfALostSigningKeyStayVerifiable) {
  UseFiles();
  const std::string id = vault_->signing_key_id();
  const std::string signature = vault_->Sign("head").value();
  std::filesystem::remove(folder_ / "head-signing.key");
  UseFiles();
  EXPECT_NE(vault_->signing_key_id(), id);
  EXPECT_TRUE(vault_->Verify(id, "head", signature).ok());
}

TEST_F(VaultFiles, AnAlteredKeyRecordIsNamed) {
  UseFiles();
  Keys keys;
  ASSERT_TRUE(vault_->Seal("w", {"r1"}, keys).ok());
  keys[0].wrapped[40] = static_cast<char>(keys[0].wrapped[40] ^ 1);
  Commit(keys);
  const absl::Status altered = OpenFiles().status();
  EXPECT_TRUE(absl::IsUnauthenticated(altered)) << altered;
  EXPECT_THAT(altered.message(), HasSubstr("'s/r1' was altered"));
}

}  // namespace
}  // namespace caseward
