#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/time.h"
#include "engine/partition/case_index.h"
#include "engine/policy/enum_names.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct CaseOptions {
  std::string case_id;
  std::string as_of;
  bool latest = false;
  bool all_days = false;
};

void AddCaseId(const Syntax& verb, CaseOptions& options) {
  verb.Add("CASE", options.case_id, "A case id, or another system's reference as system:value").Required();
  verb.Add("--as-of", options.as_of, "As it had been recorded by this instant");
  verb.Flag("--latest", options.latest, "Wait for everything recorded before this call");
}

absl::Status SetInstant(const std::string& text, google::protobuf::Timestamp* out) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Time> at = ParseInstant(text);
  if (at.ok()) SetTimestamp(*at, out);
  return at.status();
}

// ---- show

void PrintCase(std::ostream& out, const v1::CaseState& state) {
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) out << name << value << "\n";
  };
  out << state.case_id() << "  " << state.case_type() << "  " << Name(state.priority()) << "  " << Name(state.phase())
      << "  version " << state.version() << "\n";
  line("policy      ", absl::StrCat(state.pack_id(), " version ", state.pack_version()));
  line("owner       ", state.owner());
  line("region      ", state.region());
  line("resident    ", state.main_resident_id());
  line("opened      ", Instant(state.opened_at()));
  line("triaged     ", Instant(state.triaged_at()));
  line("proposed    ", Instant(state.proposed_at()));
  line("closed      ",
       state.closed_at().seconds() == 0 ? "" : Instant(state.closed_at()) + "  " + state.closing_reason());
  line("flags       ", absl::StrJoin(state.flags(), ", "));
  for (const v1::ExternalReference& r : state.references())
    line("reference   ", absl::StrCat(r.system(), ":", r.value()));
  for (const v1::ContestedReference& r : state.contested()) {
    line("contested   ",
         absl::StrCat(r.reference().system(), ":", r.reference().value(), " is also used by ", r.other_case_id()));
  }
  for (const v1::CaseLinkState& link : state.links()) {
    line("linked      ",
         absl::StrCat(link.other_case_id(), " (", link.relation(), link.confirmed() ? ")" : ", half done)"));
  }
  for (const v1::SplitState& split : state.splits()) {
    line("split       ", absl::StrCat(split.new_case_id(), ", ", EnumText(split.status()), ", ", split.versions_size(),
                                      " fact(s), ", split.people_size(), " person(s)"));
  }
  line("split from  ", state.split_from());
  line("resident is ", state.survivor_id());
  for (const v1::ReferralState& r : state.referrals())
    line("referred    ",
         absl::StrCat(r.referral_id(), " to ", r.agency(), " for ", r.service(), ", ", EnumText(r.status())));
  for (const v1::EnquiryState& e : state.enquiries()) {
    const bool theirs = e.direction() == v1::ENQUIRY_DIRECTION_FROM_AGENCY;
    line("enquiry     ",
         absl::StrCat(e.enquiry_id(), theirs ? " from " : " to ", e.agency(), ", ", EnumText(e.status())));
  }
  for (const v1::SharingState& s : state.sharings()) {
    line("shared      ", absl::StrCat(s.share_id(), " with ", s.agency(), ", ", EnumText(s.door()),
                                      s.agreement_id().empty() ? "" : absl::StrCat(" ", s.agreement_id()),
                                      s.finding() == 0 ? "" : absl::StrCat(", ", EnumText(s.finding()))));
  }
  if (!state.clocks().empty()) {
    Table table({{.title = "CLOCK"}, {.title = "STATUS"}, {.title = "STARTED"}, {.title = "DUE"}, {.title = "ENDED"}});
    for (const v1::ClockState& clock : state.clocks()) {
      const std::string ended = clock.has_stopped_at() ? Instant(clock.stopped_at()) : Instant(clock.breached_at());
      table.Add(
          {clock.clock(), Name(clock.status()), Instant(clock.started_at()), Instant(clock.due_exclusive()), ended});
    }
    out << "\n";
    table.Print(out);
  }
  if (!state.actions().empty()) {
    Table table({{.title = "ACTION"}, {.title = "KIND"}, {.title = "STATUS"}, {.title = "OWNER"}, {.title = "DUE"}});
    for (const v1::ActionState& action : state.actions()) {
      const auto* status = v1::ActionState::Status_descriptor()->FindValueByNumber(action.status());
      table.Add({action.action_id(), action.promise() ? "promise" : action.kind(),
                 status == nullptr ? "" : EnumValueName(*status), action.owner(), Instant(action.due())});
    }
    out << "\n";
    table.Print(out);
  }
}

Exit RunShow(Session& session, const CaseOptions& options) {
  v1::GetCaseRequest request;
  request.set_case_id(options.case_id);
  request.mutable_freshness()->set_latest(options.latest);
  if (absl::Status s = SetInstant(options.as_of, request.mutable_as_of()); !s.ok())
    return session.Usage(std::string(s.message()));
  if (options.as_of.empty()) request.clear_as_of();
  v1::GetCaseResponse response;
  Client& client = session.client();
  if (absl::Status s = client.Call(&v1::CaseService::Stub::GetCase, client.cases(), request, &response); !s.ok()) {
    return session.Fault(s);
  }
  if (session.json) {
    session.out << ToJsonLine(response) << "\n";
  } else {
    PrintCase(session.out, response.case_());
  }
  return Exit::kDone;
}

// ---- list

struct ListOptions {
  std::string case_type, priority, owner, region, resident;
  std::vector<std::string> phases;
  int limit = 1000;
};

template <typename Enum>
absl::Status SetEnum(const std::string& text, const char* what, Enum* out) {
  if (text.empty()) return absl::OkStatus();
  const auto* value = FindEnumValue(*google::protobuf::GetEnumDescriptor<Enum>(), text);
  if (value == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        what, ": expected one of ", absl::StrJoin(EnumValueNames(*google::protobuf::GetEnumDescriptor<Enum>()), ", "),
        "; found \"", text, "\""));
  }
  *out = static_cast<Enum>(value->number());
  return absl::OkStatus();
}

absl::StatusOr<v1::ListCasesRequest> ListRequest(const ListOptions& options) {
  v1::ListCasesRequest request;
  request.set_case_type(options.case_type);
  request.set_owner(options.owner);
  request.set_region(options.region);
  request.set_main_resident_id(options.resident);
  v1::Priority priority = v1::PRIORITY_UNSPECIFIED;
  if (absl::Status s = SetEnum(options.priority, "--priority", &priority); !s.ok()) return s;
  request.set_priority(priority);
  for (const std::string& text : options.phases) {
    v1::Phase phase = v1::PHASE_UNSPECIFIED;
    if (absl::Status s = SetEnum(text, "--phase", &phase); !s.ok()) return s;
    request.add_phases(phase);
  }
  return request;
}

Exit RunList(Session& session, const ListOptions& options) {
  absl::StatusOr<v1::ListCasesRequest> request = ListRequest(options);
  if (!request.ok()) return session.Usage(std::string(request.status().message()));
  Table table({{.title = "CASE"},
               {.title = "TYPE"},
               {.title = "PR"},
               {.title = "PHASE"},
               {.title = "OWNER"},
               {.title = "OPENED"},
               {.title = "NEXT CLOCK"},
               {.title = "DUE"}});
  Client& client = session.client();
  int left = options.limit;
  bool more = false;
  do {
    request->set_page_size(std::min(left, 1000));
    v1::ListCasesResponse page;
    if (absl::Status s = client.Call(&v1::CaseService::Stub::ListCases, client.cases(), *request, &page); !s.ok()) {
      return session.Fault(s);
    }
    for (const v1::CaseState& state : page.cases()) {
      if (session.json) {
        session.out << ToJsonLine(state) << "\n";
        continue;
      }
      const v1::ClockState* next = NearestClock(state);
      table.Add({state.case_id(), state.case_type(), Name(state.priority()), Name(state.phase()),
                 state.owner().empty() ? "-" : state.owner(), Instant(state.opened_at()),
                 next == nullptr ? "-" : next->clock(),
                 next == nullptr ? "-"
                                 : absl::StrCat(Instant(next->due_exclusive()),
                                                next->status() == v1::ClockState::STATUS_BREACHED ? " breached" : "")});
    }
    left -= page.cases_size();
    request->set_page_token(page.next_page_token());
    more = !page.next_page_token().empty();
  } while (more && left > 0);
  if (!session.json) {
    table.Print(session.out);
    if (more) session.err << "more cases fit; --limit shows them\n";
  }
  return Exit::kDone;
}

// ---- timeline

void PrintDecision(std::ostream& out, const v1::Decision& decision) {
  out << Instant(decision.recorded_at()) << "  " << decision.actor().id() << "  " << CommandLine(decision.command())
      << "\n";
  if (decision.has_refusal()) PrintRefusal(out, decision.refusal(), "    ");
  for (const v1::Event& event : decision.accepted().events()) {
    const std::string at = Instant(event.occurred_at());
    out << "    " << (event.derived() ? "so  " : "    ") << EventLine(event);
    if (at != Instant(decision.recorded_at())) out << "  at " << at;
    if (!event.clause().empty()) out << "  (" << event.clause() << ")";
    out << "\n";
  }
}

Exit RunTimeline(Session& session, const CaseOptions& options) {
  v1::GetTimelineRequest request;
  request.set_case_id(options.case_id);
  request.mutable_freshness()->set_latest(options.latest);
  if (absl::Status s = SetInstant(options.as_of, request.mutable_as_of()); !s.ok())
    return session.Usage(std::string(s.message()));
  if (options.as_of.empty()) request.clear_as_of();
  Client& client = session.client();
  do {
    v1::GetTimelineResponse page;
    if (absl::Status s = client.Call(&v1::CaseService::Stub::GetTimeline, client.cases(), request, &page); !s.ok()) {
      return session.Fault(s);
    }
    for (const v1::Decision& decision : page.decisions()) {
      if (session.json) {
        session.out << ToJsonLine(decision) << "\n";
      } else {
        PrintDecision(session.out, decision);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return Exit::kDone;
}

// ---- explain

// A clock of a year is explained by its first and last days; --all shows every one.
void PrintLines(std::ostream& out, const google::protobuf::RepeatedPtrField<std::string>& lines, bool all) {
  constexpr int kFirst = 8;
  constexpr int kLast = 4;
  for (int i = 0; i < lines.size(); ++i) {
    if (!all && lines.size() > kFirst + kLast + 1 && i == kFirst) {
      out << "    ... " << lines.size() - kFirst - kLast << " more days; --all shows them\n";
      i = lines.size() - kLast;
    }
    out << "    " << lines.Get(i) << "\n";
  }
}

void PrintExplanation(std::ostream& out, const v1::CaseExplanation& explanation, bool all_days) {
  for (const v1::ClockExplanation& why : explanation.clocks()) {
    const v1::ClockState& clock = why.clock();
    out << clock.clock() << "  " << Name(clock.status()) << ", due " << Instant(clock.due_exclusive()) << "\n";
    out << "  " << (why.catalogue().empty() ? "" : why.catalogue() + "  ") << why.title() << "  (" << why.clause()
        << ", " << Name(why.provenance()) << ")\n";
    PrintLines(out, why.lines(), all_days);
  }
  out << "\n";
  if (explanation.closing_blocked_by().empty()) {
    out << "Nothing stands between this case and closing.\n";
  } else {
    out << "What stands between this case and closing:\n";
    for (const v1::Refusal& refusal : explanation.closing_blocked_by())
      PrintRefusal(out, refusal, "  ");
  }
  if (!explanation.checklist().empty()) {
    out << "\nChecklist for closing:\n";
    for (const v1::ChecklistItemView& item : explanation.checklist()) {
      out << "  "
          << (item.passed()   ? "[x] "
              : item.waived() ? "[w] "
                              : "[ ] ")
          << item.id() << ": " << item.say() << "\n";
    }
  }
  if (!explanation.open_with_agencies().empty()) {
    out << "\nBetween us and agencies:\n";
    for (const std::string& line : explanation.open_with_agencies())
      out << "  " << line << "\n";
  }
  if (!explanation.who_may_sign().empty()) {
    out << "\nMay sign: " << absl::StrJoin(explanation.who_may_sign(), ", ") << "\n";
  }
}

Exit RunExplain(Session& session, const CaseOptions& options) {
  v1::ExplainCaseRequest request;
  request.set_case_id(options.case_id);
  request.mutable_freshness()->set_latest(options.latest);
  if (absl::Status s = SetInstant(options.as_of, request.mutable_as_of()); !s.ok())
    return session.Usage(std::string(s.message()));
  if (options.as_of.empty()) request.clear_as_of();
  v1::ExplainCaseResponse response;
  Client& client = session.client();
  if (absl::Status s = client.Call(&v1::CaseService::Stub::ExplainCase, client.cases(), request, &response); !s.ok()) {
    return session.Fault(s);
  }
  if (session.json) {
    session.out << ToJsonLine(response) << "\n";
  } else {
    PrintExplanation(session.out, response.explanation(), options.all_days);
  }
  return Exit::kDone;
}

}  // namespace

void AddCaseVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("case", "Look at cases: list, show, timeline, explain, due, watch");
  auto list = std::make_shared<ListOptions>();
  Syntax list_verb = verbs.Verb(group, "list", "Cases that fit all that is asked for, in order of case id",
                                Verbs::Talks::kToServer, [list](Session& session) { return RunList(session, *list); });
  list_verb.Add("--type", list->case_type, "Case type");
  list_verb.Add("--priority", list->priority, "P1, P2 or P3");
  list_verb.Add("--phase", list->phases, "reported, open, closing, closed or withdrawn; may be given more than once");
  list_verb.Add("--owner", list->owner, "Who is accountable");
  list_verb.Add("--region", list->region, "Region");
  list_verb.Add("--resident", list->resident, "Main resident");
  list_verb.Add("--limit", list->limit, "At most this many").Within(1, 10'000'000).ShowDefault();

  const auto reader = [&](const char* name, const char* what, Exit (*run)(Session&, const CaseOptions&)) {
    auto options = std::make_shared<CaseOptions>();
    Syntax verb = verbs.Verb(group, name, what, Verbs::Talks::kToServer,
                             [options, run](Session& session) { return run(session, *options); });
    AddCaseId(verb, *options);
    return std::pair(verb, options);
  };
  reader("show", "One case as it stands", RunShow);
  reader("timeline", "Everything that was asked of a case and what came of it, refusals included", RunTimeline);
  const auto [explain, options] =
      reader("explain", "Why each clock is due when it is, and what stands between the case and closing", RunExplain);
  explain.Flag("--all", options->all_days, "Every day of every clock, however long");
  AddDueVerb(verbs, group);
  AddWatchVerb(verbs, group);
}

}  // namespace caseward::cli
