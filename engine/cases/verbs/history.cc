#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {
namespace {

constexpr size_t kActivityBytesMax = 128;

}  // namespace

// An activity of another system's history, as it was named there.
MaybeRefusal History(Deciding& deciding, const v1::RecordHistory& asked) {
  if (asked.activity().empty() || asked.activity().size() > kActivityBytesMax) {
    return Invalid("C-history", StrCat("the activity's name, 1 to ", kActivityBytesMax, " bytes"),
                   StrCat(asked.activity().size()));
  }
  v1::HistoryRecorded& e = *deciding.Fact(true).mutable_history_recorded();
  e.set_activity(asked.activity());
  e.set_resource(asked.resource());
  e.set_lifecycle(asked.lifecycle());
  *e.mutable_fields() = asked.fields();
  return std::nullopt;
}

// From here on the wall clock drives the case's clocks.
MaybeRefusal FinishImport(Deciding& deciding, const v1::FinishImport& asked) {
  if (!deciding.before().importing()) {
    return Refuse("C-importing", "a case under import", "one that is not",
                  "Nothing: the wall clock drives it already.");
  }
  if (!asked.has_up_to()) return Invalid("C-importing", "the instant the import reaches", "none");
  *deciding.Fact(false).mutable_import_finished()->mutable_up_to() = asked.up_to();
  return std::nullopt;
}

}  // namespace caseward::verbs
