#include "storage/kafka/kafka_properties.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/kafka/kafka_client.h"
#include "tests/support/temp_folder.h"

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class KafkaProperties : public testing::Test {
 protected:
  absl::StatusOr<std::map<std::string, std::string>> Read(const std::string& text) {
    std::ofstream(path_) << text;
    return ReadKafkaProperties(path_);
  }
  std::string Complaint(const std::string& text) { return std::string(Read(text).status().message()); }

  const TempFolder folder_;
  const std::string path_ = folder_ / "kafka.properties";
};

TEST_F(KafkaProperties, AreNamesAndValues) {
  const auto read = Read("# how we reach it\n\n security.protocol = SASL_SSL \nsasl.password=a=b#c\n");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, ElementsAre(Pair("sasl.password", "a=b#c"), Pair("security.protocol", "SASL_SSL")));
}

TEST_F(KafkaProperties, AreOfTheConnectionAlone) {
  for (const char* const name : {"acks", "isolation.level", "enable.idempotence", "transactional.id", "group.id",
                                 "enable.auto.commit", "auto.offset.reset", "bootstrap.servers", "sslx"}) {
    EXPECT_THAT(Complaint("client.id=x\n" + std::string(name) + "=1\n"), HasSubstr(path_ + ":2: expected a property"))
        << name;
  }
}

TEST_F(KafkaProperties, ALineThatIsNoneIsNamedAndNotRepeated) {
  EXPECT_THAT(Complaint("hunter2"),
              testing::AllOf(HasSubstr(path_ + ":1: expected name=value"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(Complaint("=x"), HasSubstr(":1: expected name=value"));
}

TEST_F(KafkaProperties, TwiceTheSameIsAnError) {
  EXPECT_THAT(Complaint("client.id=a\nclient.id=b\n"), HasSubstr(":2: expected each property once; found client.id"));
}

TEST_F(KafkaProperties, AFileThatIsNotThereIsNamed) {
  EXPECT_TRUE(absl::IsNotFound(ReadKafkaProperties(folder_ / "none").status()));
}

TEST_F(KafkaProperties, AValueThatLibrdkafkaDoesNotKnowIsNamedWhenAClientIsMade) {
  KafkaOptions options;
  options.bootstrap = "127.0.0.1:1";
  options.client = {{"security.protocol", "carrier_pigeon"}};
  const auto client = KafkaClient::Make(options, KafkaClient::Kind::kAdmin);
  EXPECT_TRUE(absl::IsInvalidArgument(client.status()));
  EXPECT_THAT(std::string(client.status().message()), HasSubstr("security.protocol"));
}

}  // namespace
}  // namespace caseward
