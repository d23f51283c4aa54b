// What an export says of one event, the same for every format: who, what, when, and the event itself in the form that
// the reader may see.
//
//   Decision ─▶ feed form (class INTERNAL only), or everything with the words the caller may open ─▶ ExportRow
//
// A fact that an import kept beside a refusal (historical_fact) is exported as the fact it would have been, with the
// rule that refused it.
#pragma once

#include <string>
#include <vector>

#include "caseward/v1/other_services.pb.h"
#include "services/cli/case_walk.h"
#include "services/import/xes_reader.h"

namespace caseward::cli {

struct ExportOptions {
  std::string case_type;
  absl::Time from = absl::InfinitePast();  // of what happened: at or after
  absl::Time to = absl::InfiniteFuture();  // and before
  bool with_words = false;

  bool Wants(const v1::Event& event) const;
};

struct ExportRow {
  std::string event;     // "contact_made"; "case_changed" for one whose name tells more than the reader may know
  std::string activity;  // the step's id, or the activity of another system's history, else as `event`
  std::string resource;
  std::string lifecycle;  // "complete" unless a history says otherwise
  std::string refused_by;
  v1::SubscribeResponse item;  // position, actor, times and the event as it may be seen
};

// The rows of a decision; none of one that was refused. `packs` must have found the decision's pack.
std::vector<ExportRow> RowsOf(const v1::Decision& decision, const PackShelf& packs, const ExportOptions& options);

// The event's own fields as XES attributes: "contact_made" with its channel gives "channel". Fields of a part are named
// after both ("respond.by"); fields that a pack declares by their own names; anything repeated is JSON text.
std::vector<XesAttribute> PayloadOf(const v1::Event& event);

// A field that a pack declares, as one attribute; words only if they are open.
void AddDeclaredField(const std::string& key, const v1::FieldValue& value, std::vector<XesAttribute>& out);

}  // namespace caseward::cli
