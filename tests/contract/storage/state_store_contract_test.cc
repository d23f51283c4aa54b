// The contract of StateStore (engine/port/state_store.h), line by line, on RocksDB and on its twin in memory; and that
// the two agree with each other and with a plain map under random operations.
#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "storage/memory_state_store.h"
#include "storage/rocks_state_store.h"
#include "tests/support/temp_folder.h"

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Strings = std::vector<std::string>;

class Rocks {
 public:
  Rocks() { Restart(); }
  StateStore& store() { return *store_; }
  // An orderly stop and start.
  void Restart() {
    store_.reset();
    Open(folder_ / "state");
  }
  // What a kill at this moment leaves: the files as they are now, whatever was in memory gone.
  void Crash() {
    const std::string image = folder_ / ("crashed-" + std::to_string(++crashes_));
    std::filesystem::copy(path_, image);
    store_.reset();
    Open(image);
  }
  void Flush() { ASSERT_TRUE(store_->Flush().ok()); }

 private:
  void Open(const std::string& path) {
    path_ = path;
    RocksStateStore::Options options;
    options.path = path;
    options.cache_bytes = 1 << 20;
    auto opened = RocksStateStore::Open(options);
    if (!opened.ok()) ADD_FAILURE() << opened.status();
    store_ = *std::move(opened);
  }

  TempFolder folder_;
  std::string path_;
  int crashes_ = 0;
  std::unique_ptr<RocksStateStore> store_;
};

class Memory {
 public:
  StateStore& store() { return store_; }
  void Restart() { store_.Flush(); }
  void Crash() { store_.Crash(store_.unflushed() / 2 + 1); }
  void Flush() { store_.Flush(); }

 private:
  MemoryStateStore store_;
};

StateBatch Puts(std::initializer_list<std::pair<std::string, std::string>> entries) {
  StateBatch batch;
  for (const auto& [key, value] : entries)
    batch.Put(key, value);
  return batch;
}

Strings Scanned(const StateReader& reader, std::string_view prefix = "", std::string_view start = "") {
  Strings out;
  const absl::Status status = reader.Scan(prefix, start, [&](std::string_view key, std::string_view value) {
    out.push_back(std::string(key) + "=" + std::string(value));
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  return out;
}

std::optional<std::string> Got(const StateReader& reader, std::string_view key) {
  const auto value = reader.Get(key);
  EXPECT_TRUE(value.ok()) << value.status();
  return value.value_or(std::nullopt);
}

template <typename UnderTest>
class StateStoreContract : public testing::Test {
 protected:
  StateStore& store() { return under_test_.store(); }
  void Write(const StateBatch& batch) {
    const absl::Status status = store().Write(batch);
    EXPECT_TRUE(status.ok()) << status;
  }
  UnderTest under_test_;
};
using Stores = testing::Types<Memory, Rocks>;
TYPED_TEST_SUITE(StateStoreContract, Stores);

TYPED_TEST(StateStoreContract, AbsenceIsNoFaultAndAnEmptyValueIsNoAbsence) {
  EXPECT_EQ(Got(this->store(), "a"), std::nullopt);
  this->Write(Puts({{"a", ""}}));
  EXPECT_EQ(Got(this->store(), "a"), "");
}

TYPED_TEST(StateStoreContract, TheLastWriteOfAKeyWinsWithinAndAcrossBatches) {
  StateBatch batch = Puts({{"a", "1"}, {"a", "2"}, {"b", "1"}});
  batch.Delete("b");
  batch.Delete("c");
  batch.Put("c", "3");
  this->Write(batch);
  EXPECT_THAT(Scanned(this->store()), ElementsAre("a=2", "c=3"));

  this->Write(Puts({{"a", "4"}}));
  StateBatch removal;
  removal.Delete("c");
  this->Write(removal);
  EXPECT_THAT(Scanned(this->store()), ElementsAre("a=4"));
  this->Write(StateBatch());
  EXPECT_THAT(Scanned(this->store()), ElementsAre("a=4"));
}

TYPED_TEST(StateStoreContract, KeysAndValuesAreBytes) {
  const std::string key("\0\xff\n", 3);
  const std::string value(1 << 20, '\0');
  this->Write(Puts({{key, value}}));
  EXPECT_EQ(Got(this->store(), key), value);
  this->under_test_.Restart();
  EXPECT_EQ(Got(this->store(), key), value);
}

TYPED_TEST(StateStoreContract, AScanGivesThePrefixInKeyOrderFromStart) {
  this->Write(Puts({{"b2", "x"}, {"a", "x"}, {"b10", "x"}, {"c", "x"}, {"b", "x"}, {"b\xff", "x"}}));

  EXPECT_THAT(Scanned(this->store(), "b"), ElementsAre("b=x", "b10=x", "b2=x", "b\xff=x"));
  EXPECT_THAT(Scanned(this->store(), "b", "b11"), ElementsAre("b2=x", "b\xff=x"));
  EXPECT_THAT(Scanned(this->store(), "b", "b10"), ElementsAre("b10=x", "b2=x", "b\xff=x"));
  EXPECT_THAT(Scanned(this->store(), "b", "a"), ElementsAre("b=x", "b10=x", "b2=x", "b\xff=x"));
  EXPECT_THAT(Scanned(this->store(), "b", "c"), IsEmpty());
  EXPECT_THAT(Scanned(this->store(), "d"), IsEmpty());
  EXPECT_EQ(Scanned(this->store()).size(), 6u);

  int seen = 0;
  EXPECT_TRUE(this->store().Scan("", "", [&](std::string_view, std::string_view) { return ++seen < 3; }).ok());
  EXPECT_EQ(seen, 3);
}

TYPED_TEST(StateStoreContract, APrefixOfTheHighestBytesIsScannedToTheEnd) {
  this->Write(Puts({{"\xff", "1"}, {"\xff\xff", "2"}, {"\xff\xff\x01", "3"}, {"\xfe", "0"}}));
  EXPECT_THAT(Scanned(this->store(), "\xff\xff"), ElementsAre("\xff\xff=2", "\xff\xff\x01=3"));
}

TYPED_TEST(StateStoreContract, TheCalleeOfAScanMayRead) {
  this->Write(Puts({{"a", "1"}, {"b", "2"}}));
  std::string seen;
  EXPECT_TRUE(this->store()
                  .Scan("", "",
                        [&](std::string_view key, std::string_view) {
                          seen += Got(this->store(), key).value_or("?");
                          return true;
                        })
                  .ok());
  EXPECT_EQ(seen, "12");
}

TYPED_TEST(StateStoreContract, AViewDoesNotChangeWhileItIsHeld) {
  this->Write(Puts({{"a", "1"}, {"b", "1"}}));
  const std::unique_ptr<StateReader> before = this->store().View();
  StateBatch batch = Puts({{"a", "2"}, {"c", "2"}});
  batch.Delete("b");
  this->Write(batch);
  const std::unique_ptr<StateReader> after = this->store().View();
  this->Write(Puts({{"a", "3"}}));
  this->under_test_.Flush();

  EXPECT_THAT(Scanned(*before), ElementsAre("a=1", "b=1"));
  EXPECT_EQ(Got(*before, "c"), std::nullopt);
  EXPECT_THAT(Scanned(*after), ElementsAre("a=2", "c=2"));
  EXPECT_THAT(Scanned(this->store()), ElementsAre("a=3", "c=2"));
}

TYPED_TEST(StateStoreContract, L3_NoReaderEverSeesHalfABatch) {
  this->Write(Puts({{"a", "0"}, {"b", "0"}}));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 1; !stop; ++i)
      this->Write(Puts({{"a", std::to_string(i)}, {"b", std::to_string(i)}}));
  });
  for (int i = 0; i < 300; ++i) {
    const std::unique_ptr<StateReader> view = this->store().View();
    EXPECT_EQ(Got(*view, "a"), Got(*view, "b"));
    const Strings both = Scanned(*view);
    ASSERT_EQ(both.size(), 2u);
    EXPECT_EQ(both[0].substr(2), both[1].substr(2));
  }
  stop = true;
  writer.join();
}

TYPED_TEST(StateStoreContract, L3_ACrashLeavesSomeEarlierMoment) {
  for (int i = 1; i <= 40; ++i) {
    StateBatch batch = Puts({{"n", std::to_string(i)}, {"k" + std::to_string(100 + i), "x"}});
    if (i > 1) batch.Delete("last" + std::to_string(i - 1));
    batch.Put("last" + std::to_string(i), "x");
    this->Write(batch);
    if (i == 20) this->under_test_.Flush();
  }

  this->under_test_.Crash();

  // What is left is exactly the work of the first n batches, and nothing that had been flushed is missing.
  const int n = std::stoi(Got(this->store(), "n").value_or("0"));
  EXPECT_GE(n, 20);
  EXPECT_LT(n, 40);
  EXPECT_EQ(Scanned(this->store(), "k").size(), static_cast<size_t>(n));
  EXPECT_THAT(Scanned(this->store(), "last"), ElementsAre("last" + std::to_string(n) + "=x"));
}

TYPED_TEST(StateStoreContract, AnOrderlyRestartLosesNothing) {
  this->Write(Puts({{"a", "1"}}));
  this->under_test_.Restart();
  this->Write(Puts({{"b", "2"}}));
  this->under_test_.Restart();
  EXPECT_THAT(Scanned(this->store()), ElementsAre("a=1", "b=2"));
}

// ---- agreement under random operations

struct Operation {
  int kind = 0;  // 7: restart first; 8: flush first; above 8: look through a view; then the batch
  std::vector<std::pair<std::string, std::optional<std::string>>> batch;
};

rc::Gen<Operation> AnyOperation() {
  const auto letter = rc::gen::element('\0', 'a', 'b', '\xff');
  const auto key = rc::gen::resize(4, rc::gen::container<std::string>(letter));
  const auto value = rc::gen::weightedOneOf<std::optional<std::string>>(
      {{3, rc::gen::map(rc::gen::arbitrary<std::string>(), [](std::string s) { return std::optional(std::move(s)); })},
       {1, rc::gen::just(std::optional<std::string>())}});
  return rc::gen::build<Operation>(
      rc::gen::set(&Operation::kind, rc::gen::inRange(0, 25)),
      rc::gen::set(&Operation::batch,
                   rc::gen::container<std::vector<std::pair<std::string, std::optional<std::string>>>>(
                       rc::gen::pair(key, value))));
}

Strings Expected(const std::map<std::string, std::string>& model, const std::string& prefix, const std::string& start) {
  Strings out;
  for (const auto& [key, value] : model) {
    if (key.starts_with(prefix) && key >= start) out.push_back(key + "=" + value);
  }
  return out;
}

template <typename UnderTest>
void AgreesWithAMap(const std::vector<Operation>& operations) {
  UnderTest under_test;
  std::map<std::string, std::string> model;
  for (const Operation& operation : operations) {
    if (operation.kind == 7) under_test.Restart();
    if (operation.kind == 8) under_test.Flush();
    const std::map<std::string, std::string> before = model;
    const std::unique_ptr<StateReader> view = operation.kind > 8 ? under_test.store().View() : nullptr;
    StateBatch batch;
    for (const auto& [key, value] : operation.batch) {
      if (value) {
        batch.Put(key, *value);
        model[key] = *value;
      } else {
        batch.Delete(key);
        model.erase(key);
      }
    }
    RC_ASSERT(under_test.store().Write(batch).ok());
    const std::string prefix = operation.batch.empty() ? "" : operation.batch[0].first;
    RC_ASSERT(Scanned(under_test.store()) == Expected(model, "", ""));
    RC_ASSERT(Scanned(under_test.store(), prefix, prefix + "a") == Expected(model, prefix, prefix + "a"));
    if (view != nullptr) RC_ASSERT(Scanned(*view) == Expected(before, "", ""));
  }
}

TEST(StateStoreAgreement, MemoryIsAMapUnderRandomOperations) {
  EXPECT_TRUE(
      rc::check("memory", [] { AgreesWithAMap<Memory>(*rc::gen::container<std::vector<Operation>>(AnyOperation())); }));
}

TEST(StateStoreAgreement, RocksIsAMapUnderRandomOperationsAndRestarts) {
  // Fewer cases: each opens a database several times.
  EXPECT_TRUE(rc::check("rocks", [] {
    AgreesWithAMap<Rocks>(*rc::gen::resize(12, rc::gen::container<std::vector<Operation>>(AnyOperation())));
  }));
}

}  // namespace
}  // namespace caseward
