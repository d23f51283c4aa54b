#include "tests/support/golden/golden_history.h"

#include <google/protobuf/text_format.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "gtest/gtest.h"
#include "tests/support/golden/golden_agencies.h"
#include "tests/support/golden/golden_caseload.h"
#include "tests/support/golden/golden_script.h"
#include "tests/support/intake_door.h"

namespace caseward::test {
namespace {

constexpr char kFolder[] = "tests/golden/records";

template <typename Message>
Message ReadText(const char* path) {
  std::ifstream in(path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  Message message;
  CHECK(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// The whole script, act by act. Command ids are "g1", "g2", ... in the order asked.
class Script : public GoldenScript {
 public:
  void Play() {
    Directory();
    Residents();
    Opening();
    WorkingOn();
    Closing();
    TwoCases();
    ClocksFall();
    Importing();
    TheLoopItself();
    Erasing();
    ByTheSecondDoor();
    PlayAgencies(*this);
    PlayCaseloads(*this);
  }

 private:
  // ---- the acts
  void Directory() {
    v1::Command calendar;
    *calendar.mutable_publish_calendar()->mutable_calendar() = GoldenCalendar();
    Does(calendar, Administrator());
    v1::Command pack;
    *pack.mutable_publish_pack()->mutable_pack() = GoldenPack();
    Refused("", pack, Olu(), "C-role");
    Does(pack, Pim());
    v1::Command staff;
    v1::RegisterStaff& may = *staff.mutable_register_staff();
    may.set_staff_id("may");
    may.add_roles("manager");
    may.set_region("north");
    may.add_trained_in("hate_crime");
    Does(staff, Administrator());
    for (const char* officer : {"olu", "ned"}) {
      v1::Command registering;
      registering.mutable_register_staff()->set_staff_id(officer);
      registering.mutable_register_staff()->add_roles("officer");
      Does(registering, Administrator());
    }
    may.set_left(true);
    may.set_staff_id("lee");
    Does(staff, Administrator());
  }

  void Residents() {
    v1::Command registering;
    v1::RegisterResident& asked = *registering.mutable_register_resident();
    asked.mutable_name()->set_text("Agnes Weir");
    asked.set_uprn("100023336956");
    v1::ResidentNeeds& needs = *asked.mutable_needs();
    needs.set_preferred_channel("phone");
    needs.set_language("pt-BR");
    needs.set_format("large_print");
    needs.set_interpreter(true);
    needs.add_adjustments("ring_twice");
    needs.mutable_safe_contact()->set_text("only by her sister, on 01632 960001");
    needs.set_safe_contact_only(true);
    resident_ = Does(registering, Olu());
    v1::Command updating;
    updating.set_resident_id(resident_);
    updating.mutable_update_resident()->mutable_needs()->set_format("easy_read");
    Does(updating, Olu());
  }

  // A report with everything a report can say.
  void Opening() {
    After(absl::Minutes(10));
    v1::Command command = ask::Report("noise", v1::PRIORITY_P2);
    command.set_resident_id(resident_);
    SetTimestamp(In(-absl::Hours(1)), command.mutable_occurred_at());
    *command.add_references() = Reference("6f1c");
    v1::ReportCase& report = *command.mutable_report_case();
    report.set_pack_id("golden");
    SetTimestamp(In(-absl::Hours(2)), report.mutable_aware_at());
    report.set_received_by("cleo");
    report.set_reporter_id(resident_);
    report.mutable_account()->set_text("Shouting through the wall, every night since Monday.");
    report.set_region("north");
    report.set_area("n1");
    report.set_uprn("100023336956");
    (*report.mutable_fields())["source"] = ask::Code("resident");
    SetTimestamp(In(absl::Hours(72)), report.mutable_respond_by());
    first_ = Does(command, Olu());

    v1::Command triage = ask::Triage(v1::PRIORITY_P3, "noise", {{"motive", ask::Code("none")}});
    triage.mutable_triage_case()->mutable_reason()->set_text("No threat was made.");
    Of(first_, triage);
    v1::Command assign = ask::Assign("olu");
    assign.mutable_assign_case()->mutable_reason()->set_text("Agnes knows her.");
    Of(first_, assign, May());
    v1::Command hand_over = ask::HandOver("ned");
    hand_over.mutable_hand_over_case()->add_items("risk");
    hand_over.mutable_hand_over_case()->mutable_next_step()->set_text("Ring Agnes on Friday.");
    Of(first_, hand_over);
    Of(first_, ask::RejectHandover(), Staff("ned", "officer"));
    Of(first_, hand_over);
    v1::Command accept = ask::AcceptHandover();
    accept.mutable_accept_handover()->set_risks_read_back(true);
    accept.mutable_accept_handover()->set_promises_read_back(true);
    Of(first_, accept, Staff("ned", "officer"));
  }

  void WorkingOn() {
    After(absl::Minutes(5));
    Of(first_, ask::Pause("first_contact", "resident_away"));
    After(absl::Hours(2));
    Of(first_, ask::Resume("first_contact"));
    Of(first_, ask::Extend("first_contact", "1 working_day", "complex"), May());
    Of(first_, ask::Contact(v1::RecordContact::OUTCOME_NO_ANSWER));
    v1::Command contact = ask::Contact();
    contact.mutable_record_contact()->set_safe_contact_followed(true);
    contact.mutable_record_contact()->mutable_note()->set_text("She sounded tired.");
    contact.mutable_record_contact()->set_recording_ref("rec:1");
    Of(first_, contact);
    Of(first_, ask::Update(In(absl::Hours(240))));
    Of(first_, ask::Step("incident", {{"weapon", ask::Flag(true)}}));
    Of(first_, ask::Step("weapon_found"));
    Of(first_, ask::Step("risk", {{"band", ask::Code("low")},
                                  {"score", ask::Number(7)},
                                  {"urgent", ask::Flag(false)},
                                  {"form", ask::Code("doc:17")},
                                  {"seen_at", ask::Time(In(-absl::Minutes(30)))},
                                  {"notes", ask::Words("Sleeps badly.")}}));
    Of(first_, ask::Step("health", {{"note", ask::Words("Asthma.")}}));
    v1::Command plan = ask::Plan({{"log", In(absl::Hours(48))}});
    v1::AgreePlan& agreed = *plan.mutable_agree_plan();
    agreed.mutable_outcome_sought()->set_text("Quiet nights.");
    SetTimestamp(In(absl::Hours(24 * 30)), agreed.mutable_review_by());
    agreed.set_understanding_confirmed_by("said_back");
    agreed.set_resident_copy_format("easy_read");
    Of(first_, plan);
    v1::Command visit = ask::AddAction("visit", In(absl::Hours(24)));
    visit.mutable_add_action()->set_kind("visit");
    visit.mutable_add_action()->set_owner("olu");
    visit.mutable_add_action()->mutable_what()->set_text("Listen at night.");
    Of(first_, visit);
    v1::Command diary = ask::AddAction("diary", In(absl::Hours(96)));
    diary.mutable_add_action()->set_resident_task(true);
    Of(first_, diary);
    v1::Command done = ask::CompleteAction("visit");
    done.mutable_complete_action()->set_evidence_ref("photo:3");
    done.mutable_complete_action()->mutable_evidence()->set_text("Heard it.");
    Of(first_, done);
    Of(first_, ask::CancelAction("log"));
    v1::Command promise = ask::Promise("ring", In(absl::Hours(24)));
    promise.mutable_record_promise()->mutable_what()->set_text("We ring on Tuesday.");
    Of(first_, promise);
    Of(first_, ask::KeepPromise("ring"));
    Of(first_, ask::Escalate("manager"));
    Of(first_, ask::ChangePriority(v1::PRIORITY_P1));
    v1::Command correct = ask::Correct(1);
    SetTimestamp(In(-absl::Hours(3)), correct.mutable_correct_fact()->mutable_occurred_at());
    correct.mutable_correct_fact()->mutable_correction()->set_text("It was Sunday.");
    Of(first_, correct);
  }

  void Closing() {
    After(absl::Minutes(1));
    v1::Command propose = ask::ProposeClosure();
    propose.mutable_propose_closure()->mutable_summary()->set_text("Quiet for a month.");
    Of(first_, propose);
    Of(first_, ask::WithdrawClosure());
    Of(first_, propose);
    Refused(first_, ask::Grant(), Olu(), "G-SIGN");
    Of(first_, ask::Waive("answer"), Staff("dee", "director"));
    Of(first_, ask::Refuse(), May());
    Of(first_, propose);
    Of(first_, ask::Step("answer", {{"agrees", ask::Flag(true)}}));
    v1::Command grant = ask::Grant();
    grant.mutable_sign_off()->mutable_reasons()->set_text("Agnes is content.");
    grant.mutable_sign_off()->add_points_answered("noise_at_night");
    Of(first_, grant, May());
    Of(first_, ask::Contact(v1::RecordContact::OUTCOME_TWO_WAY, v1::RecordContact::WITH_VICTIM, "visit"));
    Refused(first_, ask::Close(), Olu(), "G-SIGN");
    Of(first_, ask::Grant(), May());
    Of(first_, ask::Close());
    v1::Command service = ask::Reopen();
    v1::Actor d365 = Service("officer", "olu");
    Of(first_, service, d365);
  }

  // A second case in another partition, that claims the same reference and is linked.
  void TwoCases() {
    After(absl::Minutes(1));
    const auto home = ResidentId::Parse(resident_);
    CHECK(home.ok());
    v1::Command report = ask::Report("hate");
    report.mutable_report_case()->set_anonymous(true);
    report.mutable_report_case()->set_threat_to_life(true);
    *report.add_references() = Reference("6f1c");
    second_ = Opens(report, home->partition() == 1 ? 2 : 1);
    After(absl::Seconds(2));
    Of(first_, ask::Link(second_));
    After(absl::Seconds(2));
    Of(second_, ask::Triage(v1::PRIORITY_P2));
    Of(second_, ask::Cease("first_contact", "in_error"), May());
    v1::Command withdraw = ask::Withdraw();
    withdraw.mutable_withdraw_case()->mutable_reasons()->set_text("Told twice.");
    Of(second_, withdraw, May());
    Refused(second_, ask::Contact(), Olu(), "C-closed");
  }

  // A case nobody looks at: its clocks warn and breach; then contact, late, and evidence that came late.
  void ClocksFall() {
    quiet_ = Opens(ask::Report("noise"), 1);
    After(absl::Hours(24 * 4));
    After(absl::Hours(24 * 4));
    Of(quiet_, ask::Then(In(-absl::Hours(24 * 7)), ask::Contact()));
    Refused(quiet_, ask::ProposeClosure(), Olu(), "C-phase");
    After(absl::Seconds(10));
    Refused(quiet_, ask::ProposeClosure(), Olu(), "C-phase");
    After(absl::Seconds(10));
    Refused(quiet_, ask::ProposeClosure(), Olu(), "C-phase");
    After(absl::Minutes(2));
    v1::Actor police = Staff("police.north", "officer");
    police.set_kind(v1::Actor::KIND_PARTNER);
    v1::Command contact = ask::Contact();
    contact.mutable_record_contact()->mutable_note()->set_text("Two officers called.");
    Of(quiet_, contact, police);
  }

  void Importing() {
    v1::Command report = ask::Then(In(-absl::Hours(24 * 200)), ask::Report("noise"));
    report.set_importing(true);
    imported_ = Opens(report, 2);
    v1::Command history = ask::Then(In(-absl::Hours(24 * 199)), ask::History("letter sent"));
    history.set_importing(true);
    history.mutable_record_history()->set_resource("clerk 4");
    history.mutable_record_history()->set_lifecycle("complete");
    (*history.mutable_record_history()->mutable_fields())["amount"] = ask::Number(3);
    Of(imported_, history);
    v1::Command propose = ask::Then(In(-absl::Hours(24 * 198)), ask::ProposeClosure());
    propose.set_importing(true);
    Of(imported_, propose);
    v1::Command finish = ask::FinishImport(In(-absl::Hours(24 * 190)));
    finish.set_importing(true);
    Of(imported_, finish);
  }

  // Time that jumps, an owner that comes back, and a message that is none.
  void TheLoopItself() {
    world().Jump(absl::Hours(2));
    world().Drive();
    absl::StatusOr<v1::Outcome> confirmed = absl::UnknownError("not answered");
    v1::Command confirm;
    confirm.set_command_id(NextId());
    confirm.mutable_confirm_time()->set_reason_code("checked");
    const absl::Status taken = world().partition(1).Submit(
        {.command = confirm, .actor = Administrator(), .reply = [&](auto outcome) { confirmed = outcome; }});
    world().Drive();
    EXPECT_TRUE(taken.ok() && confirmed.ok() && confirmed->has_accepted());

    world().Reopen(2);
    const absl::StatusOr<uint64_t> term = world().log().Claim(0, "foreign");
    Round round;
    round.term = *term;
    round.first_sequence = *world().log().End(0);
    round.messages.push_back({.to_partition = 1, .from_sequence = 900, .n = 0, .command = "\xff\xff"});
    world().log().AppendRound(0, std::move(round), [](AppendResult) {});
    After(absl::Seconds(2));
  }

  void Erasing() {
    Erases(resident_);
    v1::Command late = ask::Contact();
    late.mutable_record_contact()->mutable_note()->set_text("She moved away.");
    Refused(first_, late, Olu(), "C-erased");
    After(absl::Hours(1));
  }

  // Commands by topic: one for each thing that may become of them.
  void ByTheSecondDoor() {
    v1::Command report = ask::Report("noise");
    report.mutable_report_case()->mutable_account()->set_text("Water through the ceiling since six.");
    do {
      report.set_command_id(NextId());
    } while (world().PartitionOfCommand(report, Olu()) != 1);
    world().Put(2, report, Olu());  // at home elsewhere
    world().Put(1, report, Olu());  // twice
    const std::string id = world().Outcomes(1).front().outcome().stream();
    report.set_channel("letter");
    world().Put(1, report, Olu());  // another under its id
    v1::Command update = ask::Contact();
    update.set_case_id(id);
    update.set_expected_version(77);
    for (int times = 0; times < 2; ++times) {  // refused, and counted
      update.set_command_id(NextId());
      world().Put(1, update, Olu());
    }
    world().Put(1, TopicRecord{.key = std::nullopt, .value = "\xff", .headers = {{kSender, "olu;officer"}}});
    After(absl::Minutes(2));
    world().log().BeginIntakeTransaction(1);
    world().log().EndIntakeTransaction(1, /*commit=*/false);
    After(absl::Seconds(1));
    After(absl::Hours(1));  // a position that holds nothing
    world().log().RemakeIntake(1);
    After(absl::Seconds(1));
    const absl::Status asked =
        world().partition(1).AcceptIntake(0, Staff("grace", "system_admin"), [](absl::Status) {});
    EXPECT_TRUE(asked.ok()) << asked;
    After(absl::Hours(1));
  }

  std::string resident_, first_, second_, quiet_, imported_;
};

}  // namespace

GoldenHistory PlayGoldenHistory() {
  Script script;
  script.Play();
  return script.Take();
}

std::vector<int> GoldenHistoryGenerations() {
  std::vector<int> found = GoldenGenerations(kFolder, "history", "golden");
  if (found.empty() && WritingGolden()) found.push_back(1);
  EXPECT_FALSE(found.empty()) << "expected golden records under " << kFolder << "; found none";
  return found;
}

std::string GoldenHistoryPath(int generation) { return StrCat(kFolder, "/history.", generation, ".golden"); }

RawRecords RecordsOf(const GoldenFile& file) {
  RawRecords records;
  for (const GoldenFile::Entry& entry : file.entries()) {
    uint32_t partition = 0;
    unsigned long long sequence = 0;
    if (std::sscanf(entry.name.c_str(), "record %u/%llu", &partition, &sequence) == 2) {
      records[{partition, sequence}] = entry.bytes;
    }
  }
  return records;
}

absl::Status ReplayRecord(Applier& applier, StateStore& store, uint32_t partition, uint64_t sequence,
                          std::string_view raw, absl::FunctionRef<void(const StateBatch&)> batch) {
  v1::Decision decision;
  if (absl::Status parsed = ParseRecord(raw, partition, sequence, decision); !parsed.ok()) return parsed;
  const absl::StatusOr<Applier::Order> order = applier.CheckOrder(decision);
  if (!order.ok()) return order.status();
  if (*order != Applier::Order::kNext) return absl::DataLossError("a record that does not come next");
  if (absl::Status applied = applier.Apply(decision, raw); !applied.ok()) return applied;
  const StateBatch& written = applier.EndBatch();
  batch(written);
  if (absl::Status wrote = store.Write(written); !wrote.ok()) return wrote;
  applier.BatchWritten();
  return absl::OkStatus();
}

absl::Status ReplayPartition(const RawRecords& records, uint32_t n, StateStore& store, const Hasher& hasher) {
  Applier applier(n, {}, {.store = store, .hasher = hasher});
  for (const auto& [place, raw] : records) {
    if (place.first != n) continue;
    if (absl::Status replayed = ReplayRecord(applier, store, n, place.second, raw); !replayed.ok()) return replayed;
  }
  return absl::OkStatus();
}

v1::Calendar GoldenCalendar() { return ReadText<v1::Calendar>("tests/golden/records/calendar.txtpb"); }

v1::Pack GoldenPack() {
  auto pack = ReadText<v1::Pack>("tests/golden/records/pack.txtpb");
  const auto give_source = [](auto& list) {
    for (auto& one : list) {
      one.set_clause("Golden 1");
      one.set_provenance(v1::PROVENANCE_OURS);
    }
  };
  give_source(*pack.mutable_case_types());
  give_source(*pack.mutable_steps());
  give_source(*pack.mutable_flags());
  give_source(*pack.mutable_priorities());
  give_source(*pack.mutable_clocks());
  give_source(*pack.mutable_rules());
  give_source(*pack.mutable_checklists());
  give_source(*pack.mutable_sign_offs());
  give_source(*pack.mutable_alerts());
  return pack;
}

}  // namespace caseward::test
