#include "engine/directory/directory.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/directory/caseload.h"

namespace caseward {
namespace {

// The versions published under an id; null if there is none.
template <typename Map>
const typename Map::mapped_type* Versions(const Map& map, std::string_view id) {
  const auto found = map.find(id);
  return found == map.end() ? nullptr : &found->second;
}

template <typename Map>
size_t VersionCount(const Map& map, std::string_view id) {
  const auto* versions = Versions(map, id);
  return versions == nullptr ? 0 : versions->size();
}

// The entry of one version, 1 is the oldest; null if there is no such version.
template <typename Map>
const typename Map::mapped_type::value_type* VersionAt(const Map& map, std::string_view id, size_t version) {
  const auto* versions = Versions(map, id);
  if (versions == nullptr || version == 0 || version > versions->size()) return nullptr;
  return &(*versions)[version - 1];
}

// Whose caseload the event is about; null: it is about none.
const std::string* CaseloadOwner(const v1::Event& event) {
  if (event.has_caseload_changed()) return &event.caseload_changed().staff_id();
  if (event.has_caseload_threshold_exceeded()) return &event.caseload_threshold_exceeded().staff_id();
  return event.has_caseload_back_under() ? &event.caseload_back_under().staff_id() : nullptr;
}

}  // namespace

Directory::Directory() : packs_(std::make_shared<const PackMap>()), calendars_(std::make_shared<const CalendarMap>()) {
  staff_.fill(std::make_shared<const StaffBucket>());
  agencies_ = std::make_shared<const AgencyMap>();
  caseloads_.fill(std::make_shared<const LoadBucket>());
}

std::shared_ptr<const Directory> Directory::With(const v1::Event& event, absl::Time recorded_at, const v1::Actor& actor,
                                                 uint64_t sequence) const {
  CHECK(sequence >= sequence_);
  auto next = std::make_shared<Directory>(*this);
  next->sequence_ = sequence;
  if (event.has_pack_published()) {
    next->AddPack(event.pack_published().pack(), recorded_at, actor.id());
  } else if (event.has_calendar_published()) {
    next->AddCalendar(event.calendar_published().calendar(), recorded_at, actor.id());
  } else if (event.has_staff_registered()) {
    next->AddStaff(event.staff_registered(), recorded_at);
  } else if (event.has_sign_off_delegated()) {
    next->AddDelegation(event.sign_off_delegated(), recorded_at);
  } else if (event.has_agency_registered()) {
    next->AddAgency(event.agency_registered().agency(), recorded_at);
  } else if (event.has_agreement_registered()) {
    const v1::Agreement& agreement = event.agreement_registered().agreement();
    next->ChangeAgreement(agreement.agency(), agreement.id(), [&](v1::AgreementState& state) {
      *state.mutable_agreement() = agreement;
      state.set_suspended(false);
      state.clear_reason_code();
    });
  } else if (event.has_agreement_reviewed()) {
    const v1::AgreementReviewed& e = event.agreement_reviewed();
    next->ChangeAgreement(e.agency(), e.agreement_id(), [&](v1::AgreementState& state) {
      *state.mutable_agreement()->mutable_until() = e.until();
      if (e.has_review_by()) *state.mutable_agreement()->mutable_review_by() = e.review_by();
      SetTimestamp(recorded_at, state.mutable_reviewed_at());
      state.set_suspended(false);
      state.clear_reason_code();
    });
  } else if (event.has_agreement_suspended()) {
    const v1::AgreementSuspended& e = event.agreement_suspended();
    next->ChangeAgreement(e.agency(), e.agreement_id(), [&](v1::AgreementState& state) {
      state.set_suspended(true);
      state.set_reason_code(e.reason_code());
    });
  } else if (const std::string* person = CaseloadOwner(event)) {
    next->ChangeCaseload(*person, [&](v1::CaseloadState& state) { EvolveCaseload(state, event, sequence); });
  }
  return next;
}

std::shared_ptr<const Directory> Directory::WithCaseload(const v1::CaseloadState& caseload) const {
  auto next = std::make_shared<Directory>(*this);
  next->sequence_ = std::max(sequence_, caseload.sequence());
  next->ChangeCaseload(caseload.staff_id(), [&](v1::CaseloadState& state) { state = caseload; });
  return next;
}

void Directory::ChangeCaseload(const std::string& person, absl::FunctionRef<void(v1::CaseloadState&)> change) {
  std::shared_ptr<const LoadBucket>& bucket = caseloads_[BucketOf(person)];
  auto changed = std::make_shared<LoadBucket>(*bucket);
  change((*changed)[person]);
  bucket = std::move(changed);
}

void Directory::AddPack(const v1::Pack& pack, absl::Time at, const std::string& by) {
  auto packs = std::make_shared<PackMap>(*packs_);
  std::vector<PackVersion>& versions = (*packs)[pack.id()];
  CHECK(pack.version() == versions.size() + 1);
  absl::StatusOr<std::unique_ptr<const CompiledPack>> compiled = CompiledPack::Compile(pack);
  PackVersion version{.pack = nullptr, .fault = compiled.status(), .published_at = at, .published_by = by};
  if (compiled.ok()) version.pack = *std::move(compiled);
  versions.push_back(std::move(version));
  packs_ = std::move(packs);
}

void Directory::AddCalendar(const v1::Calendar& calendar, absl::Time at, const std::string& by) {
  auto calendars = std::make_shared<CalendarMap>(*calendars_);
  std::vector<CalendarVersion>& versions = (*calendars)[calendar.id()];
  CHECK(calendar.version() == versions.size() + 1);
  absl::StatusOr<WorkingCalendar> compiled = WorkingCalendar::Compile(calendar);
  CalendarVersion version{.calendar = nullptr, .fault = compiled.status(), .published_at = at, .published_by = by};
  if (compiled.ok()) version.calendar = std::make_shared<const WorkingCalendar>(*std::move(compiled));
  versions.push_back(std::move(version));
  calendars_ = std::move(calendars);
}

void Directory::AddStaff(const v1::StaffRegistered& staff, absl::Time at) {
  std::shared_ptr<const StaffBucket>& bucket = staff_[BucketOf(staff.staff_id())];
  auto changed = std::make_shared<StaffBucket>(*bucket);
  StaffEntry& entry = (*changed)[staff.staff_id()];
  if (++entry.version == 1) ++staff_count_;
  v1::StaffState& state = entry.state;
  state.set_staff_id(staff.staff_id());
  *state.mutable_roles() = staff.roles();
  state.set_region(staff.region());
  *state.mutable_trained_in() = staff.trained_in();
  state.set_left(staff.left());
  *state.mutable_trainings() = staff.trainings();
  state.set_caseload_cap(staff.caseload_cap());
  SetTimestamp(at, state.mutable_since());
  bucket = std::move(changed);
}

// One of each delegator: what is given again takes the place of what was given before. What has ended goes too.
void Directory::AddDelegation(const v1::SignOffDelegated& delegation, absl::Time at) {
  std::shared_ptr<const StaffBucket>& bucket = staff_[BucketOf(delegation.to())];
  auto changed = std::make_shared<StaffBucket>(*bucket);
  StaffEntry& entry = (*changed)[delegation.to()];
  ++entry.version;
  auto& list = *entry.state.mutable_delegations();
  list.erase(std::remove_if(list.begin(), list.end(),
                            [&](const v1::DelegationState& one) {
                              return one.from() == delegation.from() || ToTime(one.ends()) <= at;
                            }),
             list.end());
  v1::DelegationState& given = *list.Add();
  given.set_from(delegation.from());
  *given.mutable_subjects() = delegation.subjects();
  *given.mutable_starts() = delegation.starts();
  *given.mutable_ends() = delegation.ends();
  bucket = std::move(changed);
}

void Directory::AddAgency(const v1::Agency& agency, absl::Time at) {
  auto agencies = std::make_shared<AgencyMap>(*agencies_);
  AgencyEntry& entry = (*agencies)[agency.id()];
  ++entry.version;
  *entry.state.mutable_agency() = agency;
  SetTimestamp(at, entry.state.mutable_since());
  agencies_ = std::move(agencies);
}

void Directory::ChangeAgreement(const std::string& agency, const std::string& id,
                                absl::FunctionRef<void(v1::AgreementState&)> change) {
  auto agencies = std::make_shared<AgencyMap>(*agencies_);
  const auto found = agencies->find(agency);
  CHECK(found != agencies->end());
  auto& list = *found->second.state.mutable_agreements();
  auto at = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.agreement().id() == id; });
  if (at == list.end()) {
    list.Add()->mutable_agreement()->set_id(id);
    std::sort(list.begin(), list.end(),
              [](const auto& a, const auto& b) { return a.agreement().id() < b.agreement().id(); });
    at = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.agreement().id() == id; });
  }
  at->set_version(at->version() + 1);
  change(*at);
  agencies_ = std::move(agencies);
}

// ---------------------------------------------------------------------------------------------- look-ups

const CompiledPack* Directory::Pack(std::string_view id, uint32_t version) const {
  const PackVersion* at = VersionAt(*packs_, id, version);
  return at == nullptr ? nullptr : at->pack.get();
}

const CompiledPack* Directory::NewestPack(std::string_view id) const {
  const PackVersion* at = VersionAt(*packs_, id, VersionCount(*packs_, id));
  return at == nullptr ? nullptr : at->pack.get();
}

const CompiledPack* Directory::PackForCaseType(std::string_view case_type) const {
  const CompiledPack* only = nullptr;
  for (const auto& [id, versions] : *packs_) {
    const CompiledPack* newest = versions.back().pack.get();
    if (newest == nullptr || newest->case_type(case_type) == nullptr) continue;
    if (only != nullptr) return nullptr;
    only = newest;
  }
  return only;
}

const WorkingCalendar* Directory::Calendar(std::string_view id, uint32_t version) const {
  const CalendarVersion* at = VersionAt(*calendars_, id, version);
  return at == nullptr ? nullptr : at->calendar.get();
}

const WorkingCalendar* Directory::NewestCalendar(std::string_view id) const {
  const CalendarVersion* at = VersionAt(*calendars_, id, VersionCount(*calendars_, id));
  return at == nullptr ? nullptr : at->calendar.get();
}

const v1::StaffState* Directory::Staff(std::string_view id) const {
  const StaffEntry* entry = FindStaff(id);
  return entry == nullptr ? nullptr : &entry->state;
}

std::vector<const v1::StaffState*> Directory::AllStaff() const {
  std::vector<const v1::StaffState*> all;
  for (const auto& bucket : staff_) {
    for (const auto& [id, entry] : *bucket)
      all.push_back(&entry.state);
  }
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->staff_id() < b->staff_id(); });
  return all;
}

Load Directory::LoadOf(std::string_view person) const {
  Load load;
  if (const v1::CaseloadState* carried = Caseload(person)) load.load = carried->load();
  const v1::StaffState* staff = Staff(person);
  if (staff == nullptr) return load;
  load.cap = staff->caseload_cap();
  if (load.cap > 0) return load;
  for (const auto& [id, versions] : *packs_) {
    const CompiledPack* newest = versions.back().pack.get();
    if (newest != nullptr) load.cap = std::max(load.cap, newest->CapOf(staff->roles()));
  }
  return load;
}

const v1::CaseloadState* Directory::Caseload(std::string_view person) const {
  const LoadBucket& bucket = *caseloads_[BucketOf(person)];
  const auto found = bucket.find(person);
  return found == bucket.end() ? nullptr : &found->second;
}

std::vector<const v1::CaseloadState*> Directory::AllCaseloads() const {
  std::vector<const v1::CaseloadState*> all;
  for (const auto& bucket : caseloads_) {
    for (const auto& [id, caseload] : *bucket)
      all.push_back(&caseload);
  }
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->staff_id() < b->staff_id(); });
  return all;
}

const v1::AgencyState* Directory::Agency(std::string_view id) const {
  const auto found = agencies_->find(id);
  return found == agencies_->end() ? nullptr : &found->second.state;
}

const v1::AgreementState* Directory::Agreement(std::string_view id) const {
  for (const auto& [agency, entry] : *agencies_) {
    for (const v1::AgreementState& agreement : entry.state.agreements()) {
      if (agreement.agreement().id() == id) return &agreement;
    }
  }
  return nullptr;
}

std::vector<const v1::AgencyState*> Directory::AllAgencies() const {
  std::vector<const v1::AgencyState*> all;
  for (const auto& [id, entry] : *agencies_)
    all.push_back(&entry.state);
  return all;
}

uint64_t Directory::StreamVersion(std::string_view stream) const {
  const size_t slash = std::min(stream.find('/'), stream.size());
  const std::string_view kind = stream.substr(0, slash);
  const std::string_view id = stream.substr(std::min(slash + 1, stream.size()));
  if (kind == "pack") return VersionCount(*packs_, id);
  if (kind == "calendar") return VersionCount(*calendars_, id);
  if (kind == "agency") {
    const auto found = agencies_->find(id);
    return found == agencies_->end() ? 0 : found->second.version;
  }
  if (kind == "agreement") {
    const v1::AgreementState* agreement = Agreement(id);
    return agreement == nullptr ? 0 : agreement->version();
  }
  const StaffEntry* entry = kind == "staff" ? FindStaff(id) : nullptr;
  return entry == nullptr ? 0 : entry->version;
}

absl::Status Directory::Fault() const {
  const auto fault = [](std::string_view kind, const std::string& id, size_t at, const absl::Status& why) {
    return absl::FailedPreconditionError(StrCat("expected every published version to compile; ", kind, " \"", id,
                                                "\" version ", at + 1, ": ", StdText(why.message())));
  };
  for (const auto& [id, versions] : *packs_) {
    for (size_t i = 0; i < versions.size(); ++i) {
      if (!versions[i].fault.ok()) return fault("pack", id, i, versions[i].fault);
    }
  }
  for (const auto& [id, versions] : *calendars_) {
    for (size_t i = 0; i < versions.size(); ++i) {
      if (!versions[i].fault.ok()) return fault("calendar", id, i, versions[i].fault);
    }
  }
  return absl::OkStatus();
}

// FNV-1a: the same bucket on every machine, though nothing rests on it.
size_t Directory::BucketOf(std::string_view staff_id) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : staff_id)
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3U;
  return hash % kStaffBuckets;
}

const Directory::StaffEntry* Directory::FindStaff(std::string_view id) const {
  const StaffBucket& bucket = *staff_[BucketOf(id)];
  const auto found = bucket.find(id);
  return found == bucket.end() ? nullptr : &found->second;
}

}  // namespace caseward
