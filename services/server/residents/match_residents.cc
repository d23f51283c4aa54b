#include "services/server/residents/match_residents.h"

#include <algorithm>

#include "engine/partition/reader.h"
#include "engine/port/key_vault.h"
#include "engine/residents/found_by.h"

namespace caseward {
namespace {

// Is `text` what stands sealed in `words` of this resident?
absl::StatusOr<bool> SealsToTheSame(KeyVault& vault, const std::string& resident_id, const std::string& text,
                                    const v1::Words& words) {
  // Only under a key of their own, which then exists: nothing here makes one.
  if (text.empty() || words.sealed().empty() || words.key_id() != resident_id) return false;
  std::vector<KeyRecord> new_keys;
  const absl::StatusOr<SealedWords> sealed = vault.Seal(text, {resident_id}, new_keys);
  if (!new_keys.empty()) vault.Forget(new_keys);
  if (absl::IsNotFound(sealed.status())) return false;  // erased meanwhile
  if (!sealed.ok()) return sealed.status();
  return sealed->sealed == words.sealed();
}

class Matching {
 public:
  Matching(Backend& backend, const v1::MatchResidentsRequest& request)
      : backend_(backend),
        phone_(NormalPhone(request.phone().text())),
        household_(NormalHousehold(request.household().text())),
        reference_(request.reference()) {}

  bool asks() const { return !phone_.empty() || !household_.empty() || !reference_.value().empty(); }

  // False: there is no room for more.
  absl::StatusOr<bool> Look(const v1::ResidentState& resident, v1::MatchResidentsResponse& response) {
    std::vector<std::string> same;
    auto phone = SealsToTheSame(backend_.vault, resident.resident_id(), phone_, resident.phone());
    auto household = SealsToTheSame(backend_.vault, resident.resident_id(), household_, resident.household());
    if (!phone.ok() || !household.ok()) return phone.ok() ? household.status() : phone.status();
    if (*phone) same.emplace_back("phone");
    if (*household) same.emplace_back("household");
    const auto& references = resident.references();
    if (std::any_of(references.begin(), references.end(), [&](const v1::ExternalReference& one) {
          return !reference_.value().empty() && one.system() == reference_.system() &&
                 one.value() == reference_.value();
        })) {
      same.emplace_back("reference");
    }
    if (same.empty()) return true;
    if (response.candidates_size() == kCandidatesMax) {
      response.set_more(true);
      return false;
    }
    v1::ResidentCandidate& candidate = *response.add_candidates();
    candidate.set_resident_id(resident.resident_id());
    for (std::string& one : same)
      candidate.add_same(std::move(one));
    candidate.set_cases(static_cast<uint32_t>(resident.case_ids_size()));
    candidate.set_merged_into(resident.merged_into());
    return true;
  }

 private:
  Backend& backend_;
  const std::string phone_;
  const std::string household_;
  const v1::ExternalReference& reference_;
};

}  // namespace

absl::StatusOr<v1::MatchResidentsResponse> FindMatches(Backend& backend, const v1::MatchResidentsRequest& request) {
  Matching matching(backend, request);
  if (!matching.asks()) {
    return absl::InvalidArgumentError("expected phone, household or reference; found none of them");
  }
  v1::MatchResidentsResponse response;
  const std::unique_ptr<StateReader> view = backend.state.View();
  for (uint32_t partition = 0; partition < backend.host.partitions() && !response.more(); ++partition) {
    absl::Status fault;
    const absl::Status scanned =
        PartitionReader(partition, *view).ListResidents([&](const v1::ResidentState& resident) {
          const absl::StatusOr<bool> room = matching.Look(resident, response);
          fault = room.status();
          return room.ok() && *room;
        });
    if (!scanned.ok()) return scanned;
    if (!fault.ok()) return fault;
  }
  return response;
}

}  // namespace caseward
