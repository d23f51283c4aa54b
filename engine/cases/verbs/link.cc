#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Takes two steps: this case says so and sends word, the other one confirms. Shows as unconfirmed while half done.
MaybeRefusal Link(Deciding& deciding, const v1::LinkCase& asked) {
  const v1::CaseState& before = deciding.before();
  if (asked.other_case_id().empty() || asked.relation().empty()) {
    return Invalid("C-link", "another case and the relation to it", "less than that");
  }
  // As ids are written, so that the other case's answer finds the link. What is no id is refused where it is routed.
  const absl::StatusOr<CaseId> parsed = CaseId::Parse(asked.other_case_id());
  const std::string other = parsed.ok() ? parsed->string() : asked.other_case_id();
  if (other == before.case_id()) return Invalid("C-link", "another case", "this one");
  const bool known = FindIn(before.links(), [&](const auto& link) { return link.other_case_id() == other; }) != nullptr;
  if (!known && before.links_size() >= kLinksMax) {
    return Refuse("C-limit", StrCat("at most ", kLinksMax, " links of a case"), "one more",
                  "Link one of the linked cases.");
  }
  v1::CaseLinked& e = *deciding.Fact(false).mutable_case_linked();
  e.set_other_case_id(other);
  e.set_relation(asked.relation());

  CaseAccepted::Send send;
  send.to_case_id = other;
  send.command.set_case_id(other);
  send.command.mutable_note_linked()->set_other_case_id(before.case_id());
  send.command.mutable_note_linked()->set_relation(asked.relation());
  deciding.Send(std::move(send));
  return std::nullopt;
}

// The other half: confirms the link here, and tells the first case so, once.
MaybeRefusal NoteLinked(Deciding& deciding, const v1::NoteLinked& asked) {
  for (const v1::CaseLinkState& link : deciding.before().links()) {
    if (link.other_case_id() == asked.other_case_id() && link.confirmed()) return std::nullopt;
  }
  const bool half_done = FindIn(deciding.before().links(), [&](const v1::CaseLinkState& link) {
                           return link.other_case_id() == asked.other_case_id();
                         }) != nullptr;
  v1::Event& event = deciding.Fact(false);
  event.set_derived(true);
  v1::CaseLinked& e = *event.mutable_case_linked();
  e.set_other_case_id(asked.other_case_id());
  e.set_relation(asked.relation());
  e.set_confirmed(true);
  if (!half_done) {
    CaseAccepted::Send send;
    send.to_case_id = asked.other_case_id();
    send.command.set_case_id(asked.other_case_id());
    send.command.mutable_note_linked()->set_other_case_id(deciding.before().case_id());
    send.command.mutable_note_linked()->set_relation(asked.relation());
    deciding.Send(std::move(send));
  }
  return std::nullopt;
}

}  // namespace caseward::verbs
