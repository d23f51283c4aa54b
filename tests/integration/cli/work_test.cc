// `caseward work` as people meet it: the next step, why, what can wait, and what each carries.
#include <gmock/gmock.h>

#include "cli_fixture.h"
#include "tests/support/patience.h"

namespace caseward {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class WorkVerb : public CliTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartServer());
    PublishHousing();
    for (const char* who : {"mo", "nia"}) {
      ASSERT_EQ(RunCli({"staff", "register", who, "--roles", "case_manager", "--region", "north", "--cap", "1"}).exit,
                0);
    }
    ASSERT_EQ(RunCli({"staff", "register", "ruth", "--roles", "regional_manager", "--region", "north"}).exit, 0);
  }
  // A case of anti-social behaviour, triaged P3 and given to `owner`; the exit code of giving it.
  Ran Give(const std::string& name, const std::string& owner) {
    const std::string reference = "@" + name + "-r";  // the case that this command reports
    const std::string commands =
        R"({"commandId":")" + name + R"(-r","channel":"phone","references":[{"system":"d365","value":")" + name +
        R"("}],"reportCase":{"caseType":"anti_social_behaviour","region":"north","account":{"text":"Music."}}})"
        "\n"
        R"({"commandId":")" +
        name + R"(-t","caseId":")" + reference +
        R"(","triageCase":{"priority":"PRIORITY_P3","answers":{"hate_perceived":{"code":"not_perceived"},"domestic_abuse":{"code":"not_indicated"},"weapon":{"code":"not_reported"},"safeguarding":{"code":"no_concern"},"repeat_victim":{"code":"first_time"}}}})"
        "\n"
        R"({"commandId":")" +
        name + R"(-a","caseId":")" + reference + R"(","assignCase":{"owner":")" + owner + "\"}}\n";
    return RunCli({"submit"}, commands);
  }
  // What each carries, once the directory has heard of it.
  static std::string LoadsUntil(const std::string& text, std::vector<std::string> more = {}) {
    std::string out;
    more.insert(more.begin(), {"work", "--load"});
    test::WaitUntil([&] {
      out = RunCli(more).out;
      return out.find(text) != std::string::npos;
    });
    return out;
  }
};

TEST_F(WorkVerb, R66_SaysTheStepWhyAndWhatTheyCarry) {
  ASSERT_EQ(Give("one", "mo").exit, 0);
  LoadsUntil(R"("load":1)", {"--json"});
  const Ran work = RunCli({"work", "--actor", "mo; roles=case_manager; region=north"});
  EXPECT_EQ(work.exit, 0) << work.err;
  EXPECT_THAT(work.out, AllOf(HasSubstr("WHY"), HasSubstr("UNBLOCKED BY"), HasSubstr("Model ASB and Hate Policy 2.3"),
                              HasSubstr("of at most 1")));
  EXPECT_THAT(work.out, Not(HasSubstr("ABOVE")));
}

TEST_F(WorkVerb, R67_TheSecondCaseIsOneTooManyUnlessAManagerSaysWhy) {
  ASSERT_EQ(Give("one", "mo").exit, 0);
  LoadsUntil(R"("load":1)", {"--json"});
  const Ran refused = Give("two", "mo");
  EXPECT_EQ(refused.exit, 3);
  EXPECT_THAT(refused.out + refused.err,
              AllOf(HasSubstr("R-67"), HasSubstr("mo carries 1 and this case weighs 1; at most 1")));
  Ran reason;
  test::WaitUntil([&] {  // until the reference is known everywhere
    reason = RunCli(
        {"submit"},
        R"({"commandId":"two-b","caseId":"d365:two","assignCase":{"owner":"mo","reasonCode":"knows_the_family"}})"
        "\n");
    return reason.exit == 0;
  });
  EXPECT_EQ(reason.exit, 0) << reason.out << reason.err;
  EXPECT_THAT(LoadsUntil("above cap"), AllOf(HasSubstr("LOAD"), HasSubstr("BREACHED CLOCKS"), HasSubstr("above cap")));
}

}  // namespace
}  // namespace caseward
