// The parts of the webhook that need no network.
#include <fstream>

#include "gtest/gtest.h"
#include "services/host/webhook.h"
#include "tests/support/temp_folder.h"

namespace caseward {
namespace {

TEST(WebhookSignature, IsHmacSha256OfTimeAndBody) {
  // echo -n '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 'sixteen-bytes-ok'
  EXPECT_EQ(WebhookSignature("sixteen-bytes-ok", 1'700'000'000, "{\"a\":1}"),
            "t=1700000000,v1=0150120e1fca7ed0c0e715168c9507c970705c33c3a9bcbfa4f6da7c8d0cf5d6");
  EXPECT_NE(WebhookSignature("sixteen-bytes-ok", 1'700'000'001, "{\"a\":1}"),
            WebhookSignature("sixteen-bytes-ok", 1'700'000'000, "{\"a\":1}"));
}

TEST(WebhookUrl, IsReadIntoItsParts) {
  const auto plain = WebhookUrl::Parse("http://hooks.example.org:8080/in?k=v");
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "hooks.example.org");
  EXPECT_EQ(plain->port, "8080");
  EXPECT_EQ(plain->target, "/in?k=v");
  const auto tls = WebhookUrl::Parse("https://[::1]");
  ASSERT_TRUE(tls.ok());
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->host, "::1");
  EXPECT_EQ(tls->port, "443");
  EXPECT_EQ(tls->target, "/");
}

TEST(WebhookUrl, AnythingElseIsAnError) {
  for (const char* bad :
       {"", "hooks.example.org", "ftp://x/", "http://", "http:///path", "http://user:pass@x/", "http://x:port/",
        "http://x:999999/", "http://x/#part", "http://x/ y", "http://x/\x01", "http://x\x7f/"}) {
    EXPECT_FALSE(WebhookUrl::Parse(bad).ok()) << bad;
  }
}

TEST(WebhookCursor, SurvivesAndIsAbsentAtFirst) {
  const TempFolder folder;
  const std::string path = folder / "cursor";
  const auto absent = ReadCursor(path);
  ASSERT_TRUE(absent.ok());
  EXPECT_FALSE(absent->has_value());

  ASSERT_TRUE(WriteCursor(path, {41, 3}).ok());
  ASSERT_TRUE(WriteCursor(path, {42, 0}).ok());

  const auto read = ReadCursor(path);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, (WebhookCursor{42, 0}));
}

TEST(WebhookCursor, ADamagedFileIsNamed) {
  const TempFolder folder;
  const std::string path = folder / "cursor";
  for (const char* text : {"", "41", "forty-one 3", "41 3 7", "-1 3", "41 4294967296"}) {
    std::ofstream(path, std::ios::trunc) << text;
    const absl::Status status = ReadCursor(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_NE(std::string(status.message()).find(path), std::string::npos);
  }
}

TEST(WebhookCursor, AFolderThatIsNotThereIsAFault) {
  const TempFolder folder;
  EXPECT_FALSE(WriteCursor(folder / "none/cursor", {1, 0}).ok());
}

TEST(CloudEvent, IsStructuredJson) {
  v1::SubscribeResponse item;
  item.mutable_position()->set_log_id("log");
  item.mutable_position()->set_partition(2);
  item.mutable_position()->set_sequence(41);
  item.set_index(1);
  item.set_type("caseward.alert.raised.v1");
  item.set_subject("C-1");
  item.mutable_recorded_at()->set_seconds(1'700'000'000);
  item.mutable_event()->mutable_alert_raised()->set_alert("stalled");
  EXPECT_EQ(CloudEventJson(item),
            "{\"specversion\":\"1.0\",\"id\":\"log/2/41/1\",\"source\":\"/caseward/log/"
            "2\",\"type\":\"caseward.alert.raised.v1\","
            "\"subject\":\"C-1\",\"time\":\"2023-11-14T22:13:20Z\",\"datacontenttype\":\"application/json\","
            "\"data\":{\"alert_raised\":{\"alert\":\"stalled\"}}}");
}

}  // namespace
}  // namespace caseward
