#include "tests/support/golden/golden_agencies.h"

#include "engine/base/ids.h"
#include "tests/support/agencies.h"

namespace caseward::test {
namespace {

// The last partition, so that what is the first of its type in the feed stays the first.
constexpr uint32_t kHome = kGoldenPartitions - 1;

class AgencyScript {
 public:
  explicit AgencyScript(GoldenScript& script) : script_(script) {}

  void Play() {
    script_.world().Reopen(0);  // an act before took the directory's partition from its owner
    script_.After(absl::Seconds(1));
    Agencies();
    ManyAreOne();
    OneIsTwo();
  }

 private:
  // A second version of the policy, for what goes on with partner agencies.
  void PublishWithAgencies() {
    v1::Command pack;
    *pack.mutable_publish_pack()->mutable_pack() = GoldenPack();
    AllowEmergencies(*pack.mutable_publish_pack()->mutable_pack());
    script_.Does(pack, Pim());
  }

  void RegisterPolice() {
    v1::Command agency;
    v1::Agency& police = *agency.mutable_register_agency()->mutable_agency();
    police.set_id("police");
    police.set_title("Police");
    police.set_kind("police");
    police.add_services("hate_unit");
    script_.Does(agency, Administrator());
    v1::Command agreement;
    v1::Agreement& signed_text = *agreement.mutable_register_agreement()->mutable_agreement();
    signed_text.set_id("police_2026");
    signed_text.set_agency("police");
    signed_text.add_purposes("prevent_crime");
    signed_text.add_lawful_bases("public_task");
    signed_text.add_data_classes(v1::DATA_CLASS_PERSONAL);
    SetTimestamp(script_.In(-absl::Hours(24)), signed_text.mutable_from());
    SetTimestamp(script_.In(absl::Hours(24 * 365)), signed_text.mutable_until());
    script_.Does(agreement, Administrator());
    v1::Command review;
    review.mutable_review_agreement()->set_agreement_id("police_2026");
    SetTimestamp(script_.In(absl::Hours(24 * 400)), review.mutable_review_agreement()->mutable_until());
    script_.Does(review, Administrator());
  }

  void Agencies() {
    PublishWithAgencies();
    RegisterPolice();
    shared_ = script_.Opens(ask::Report("noise"), kHome);
    v1::Command refer = ask::Refer("police", "hate_unit", script_.In(absl::Hours(72)));
    refer.mutable_refer_case()->mutable_need()->set_text("Somebody to talk to.");
    script_.Of(shared_, refer);
    script_.Of(shared_, ask::ChaseReferral("r1"));
    v1::Command declined = ask::AnswerReferral("r1", v1::AnswerReferral::ANSWER_DECLINED);
    declined.mutable_answer_referral()->set_alternative_code("charity");
    script_.Of(shared_, declined, PartnerOf("police"));
    v1::Command ours = ask::Enquire("police", v1::ENQUIRY_DIRECTION_TO_AGENCY);
    SetTimestamp(script_.In(absl::Hours(48)), ours.mutable_enquire()->mutable_respond_by());
    ours.mutable_enquire()->mutable_question()->set_text("Were you called out on Monday?");
    *ours.mutable_enquire()->mutable_sharing() = ask::ByAgreement();
    script_.Of(shared_, ours);
    script_.Of(shared_, ask::ChaseEnquiry("e1"));
    script_.Of(shared_, ask::AnswerEnquiry("e1"), PartnerOf("police"));
    v1::Command theirs = ask::Enquire("police", v1::ENQUIRY_DIRECTION_FROM_AGENCY, true);
    script_.Of(shared_, theirs, PartnerOf("police"));
    v1::Command answer = ask::AnswerEnquiry("e2");
    answer.mutable_answer_enquiry()->mutable_text()->set_text("Twice, at night.");
    *answer.mutable_answer_enquiry()->mutable_sharing() = ask::ByAgreement();
    script_.Of(shared_, answer);
    v1::Command emergency = ask::Share("police", ask::InAnEmergency());
    SetTimestamp(script_.In(absl::Hours(24 * 30)),
                 emergency.mutable_share_information()->mutable_sharing()->mutable_expires_at());
    script_.Of(shared_, emergency);
    v1::Command suspend;
    suspend.mutable_suspend_agreement()->set_agreement_id("police_2026");
    suspend.mutable_suspend_agreement()->set_reason_code("breach_found");
    script_.Does(suspend, Administrator());
    script_.Refused(shared_, ask::Share("police"), Olu(), "C-agreement");
    v1::Command review = ask::ReviewSharing("s4", v1::ReviewSharing::FINDING_NOT_JUSTIFIED);
    review.mutable_review_sharing()->mutable_reasons()->set_text("It could have waited.");
    script_.Of(shared_, review, May());

    v1::Command delegate;
    v1::DelegateSignOff& asked = *delegate.mutable_delegate_sign_off();
    asked.set_from("may");
    asked.set_to("ned");
    asked.add_subjects("closure");
    SetTimestamp(script_.In(absl::ZeroDuration()), asked.mutable_starts());
    SetTimestamp(script_.In(absl::Hours(24)), asked.mutable_ends());
    asked.set_reason_code("leave");
    script_.Does(delegate, May());
  }

  std::string Registers(const std::string& name, bool safe_contact) {
    v1::Command command;
    const std::string id = DeriveResidentId(script_.world().hasher(), kHome, "golden", name).string();
    command.set_resident_id(id);
    v1::RegisterResident& asked = *command.mutable_register_resident();
    asked.mutable_phone()->set_text("+44 1632 960001");
    asked.mutable_household()->set_text("Flat 2, 14 Elm St");
    if (safe_contact) asked.mutable_needs()->mutable_safe_contact()->set_text("by her sister");
    *command.add_references() = Reference(name);
    script_.Does(command, Olu());
    return id;
  }
  void Merges(const std::string& merged, const std::string& survivor) {
    v1::Command command;
    command.set_resident_id(merged);
    command.mutable_merge_resident()->set_survivor_id(survivor);
    command.mutable_merge_resident()->set_keep_safe_contact(v1::MergeResident::SAFE_CONTACT_MERGED);
    command.mutable_merge_resident()->set_reason_code("registered_twice");
    script_.Does(command, Olu());
    script_.After(absl::Seconds(2));
  }

  // Two entries of one person; then the person asks to be forgotten.
  void ManyAreOne() {
    const std::string one = Registers("one", true);
    const std::string two = Registers("two", false);
    v1::Command report = ask::Report("noise");
    report.set_resident_id(one);
    script_.Does(report, Olu());
    Merges(one, DeriveResidentId(script_.world().hasher(), 1, "no", "body").string());
    Merges(one, two);
    v1::Command update;
    update.set_resident_id(two);
    update.mutable_update_resident()->mutable_needs()->set_format("easy_read");
    script_.Does(update, Olu());
    script_.After(absl::Seconds(2));
    script_.Erases(two);
    script_.After(absl::Seconds(2));
  }

  // A case that was two; and one that could not be, because the policy no longer has the type.
  void OneIsTwo() {
    v1::Command split = ask::Split({2}, "hate");
    split.clear_command_id();
    split.mutable_split_case()->set_resident_id(
        DeriveResidentId(script_.world().hasher(), kHome, "golden", "three").string());
    split.mutable_split_case()->mutable_account()->set_text("Another neighbour, another matter.");
    script_.Of(shared_, split);
    script_.After(absl::Seconds(2));
    v1::Command pack;
    *pack.mutable_publish_pack()->mutable_pack() = GoldenPack();
    pack.mutable_publish_pack()->mutable_pack()->mutable_case_types()->RemoveLast();
    script_.Does(pack, Pim());
    split.mutable_split_case()->set_versions(0, 3);
    script_.Of(shared_, split);
    script_.After(absl::Seconds(2));
  }

  GoldenScript& script_;
  std::string shared_;
};

}  // namespace

void PlayAgencies(GoldenScript& script) { AgencyScript(script).Play(); }

}  // namespace caseward::test
