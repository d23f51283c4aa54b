#include "services/server/wire_diagnosis.h"

#include "caseward/v1/case_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caseward {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string Diagnose(const std::string& bytes) { return DiagnoseWire(*v1::SubmitRequest::descriptor(), bytes); }

std::string WellFormed() {
  v1::SubmitRequest request;
  request.mutable_command()->set_command_id("c-1");
  request.mutable_command()->mutable_report_case()->set_area("PLACE");
  return request.SerializeAsString();
}

TEST(WireDiagnosis, NamesTheFieldOfInvalidUtf8AndQuotesNothing) {
  std::string bytes = WellFormed();
  bytes.replace(bytes.find("PLACE"), 5, "Jo\xff\xfe!");
  EXPECT_THAT(Diagnose(bytes), AllOf(HasSubstr("command.report_case.area"), HasSubstr("UTF-8"), Not(HasSubstr("Jo"))));
}

TEST(WireDiagnosis, EveryTruncationIsSaidToEndTooEarly) {
  const std::string bytes = WellFormed();
  for (size_t size = 1; size < bytes.size(); ++size) {
    v1::SubmitRequest request;
    if (!request.ParseFromString(bytes.substr(0, size))) {
      EXPECT_THAT(Diagnose(bytes.substr(0, size)), HasSubstr("end")) << size;
    }
  }
}

TEST(WireDiagnosis, SaysWhatIsNoField) {
  EXPECT_THAT(Diagnose(std::string("\x00\x01", 2)), HasSubstr("field number"));
  EXPECT_THAT(Diagnose("\x0f"), HasSubstr("wire type"));
}

TEST(WireDiagnosis, NeverRunsPastTheEnd) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
      EXPECT_FALSE(Diagnose(std::string(bytes, 2)).empty());
    }
  }
}

}  // namespace
}  // namespace caseward
