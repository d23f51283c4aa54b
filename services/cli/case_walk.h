// Goes through the cases of a server one after the other, in order of their ids, each with all its decisions: for
// exports and reports over whole histories.
//
//   ListCases ─▶ a window of cases ─▶ the first page of each one's timeline, asked for at once ─▶ visit, in order
//                                     a longer timeline is read on page by page
//
// Memory holds one window of first pages, however many cases there are and however long one is. Each case is as it was
// when its timeline was read: a walk while commands run is not one moment.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "caseward/v1/case_service.pb.h"
#include "caseward/v1/policy.pb.h"
#include "services/cli/session.h"

namespace caseward::cli {

struct WalkOptions {
  std::string case_type;  // empty: all
  // Open the words that the caller may open; PERMISSION_DENIED if that is none.
  bool with_words = false;
};

// A page of one case's decisions, in order.
struct WalkPage {
  const v1::CaseState& state;
  const google::protobuf::RepeatedPtrField<v1::Decision>& decisions;
  bool first = false;
  bool last = false;
};

// An error of `visit` ends the walk.
absl::Status WalkCases(Session& session, const WalkOptions& options,
                       absl::FunctionRef<absl::Status(const WalkPage&)> visit);

// The versions of packs that decisions name, each asked for once.
class PackShelf {
 public:
  explicit PackShelf(Session& session) : session_(session) {}
  // Null if the server has none such.
  absl::StatusOr<const v1::Pack*> Find(const std::string& id, uint32_t version);
  // Of the packs that have been found; null: no such pack or step.
  const v1::StepType* Step(std::string_view pack_id, uint32_t version, std::string_view step) const;

 private:
  Session& session_;
  std::map<std::pair<std::string, uint32_t>, std::optional<v1::Pack>> packs_;
};

}  // namespace caseward::cli
