// The directory: published packs and calendars (all versions, compiled), staff, and agencies with the agreements made
// with them, as partition 0 has recorded them. An immutable snapshot: one decision sees one directory, and says by its
// sequence which.
//
//   snapshot 41 ──With(event of 42)──▶ snapshot 42        41 stays as it is for whoever still holds it
//
// Ownership  Snapshots share what did not change, so compiled packs and calendars, and buckets of staff, are held by
//            shared_ptr: a decision in one partition may still read version 3 of a pack while another already has a
//            snapshot with version 4, and nobody can say which is let go first. This is the engine's one such place.
//            What a look-up returns lives as long as the snapshot is held.
// Threads    immutable: any.
// Failure    a look-up of what is not there is null. A pack or calendar in the log that this build cannot compile
//            (another build published it) is null as well, and Fault says why: replay never stops for it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"
#include "caseward/v1/events.pb.h"
#include "caseward/v1/state.pb.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/compiled_pack.h"

namespace caseward {

// One published version: the compiled thing, or why there is none.
struct PackVersion {
  std::shared_ptr<const CompiledPack> pack;  // null: see fault
  absl::Status fault;
  absl::Time published_at;
  std::string published_by;
};
struct CalendarVersion {
  std::shared_ptr<const WorkingCalendar> calendar;  // null: see fault
  absl::Status fault;
  absl::Time published_at;
  std::string published_by;
};

class Directory {
 public:
  // As it is before the first record: nothing published, nobody registered.
  Directory();
  static std::shared_ptr<const Directory> Empty() { return std::make_shared<const Directory>(); }

  // The snapshot after one event of partition 0. Events of other kinds only move the sequence.
  std::shared_ptr<const Directory> With(const v1::Event& event, absl::Time recorded_at, const v1::Actor& actor,
                                        uint64_t sequence) const;

  // Highest sequence of partition 0 that is reflected here.
  uint64_t sequence() const { return sequence_; }

  // Null if there is no such version, or it cannot be used.
  const CompiledPack* Pack(std::string_view id, uint32_t version) const;
  const CompiledPack* NewestPack(std::string_view id) const;
  // The only pack whose newest version has the case type; null if none or several have it.
  const CompiledPack* PackForCaseType(std::string_view case_type) const;
  const WorkingCalendar* Calendar(std::string_view id, uint32_t version) const;
  const WorkingCalendar* NewestCalendar(std::string_view id) const;
  const v1::StaffState* Staff(std::string_view id) const;

  const v1::AgencyState* Agency(std::string_view id) const;
  const v1::AgreementState* Agreement(std::string_view id) const;

  // What a person carries, and the most they may: what the directory gives them, else the most that the newest version
  // of a pack gives one of their roles.
  Load LoadOf(std::string_view person) const;
  // Null: nothing was ever counted for them.
  const v1::CaseloadState* Caseload(std::string_view person) const;
  // Sorted by id.
  std::vector<const v1::CaseloadState*> AllCaseloads() const;
  // The snapshot with a caseload as state holds it: caseloads change too often to be read back from their history.
  std::shared_ptr<const Directory> WithCaseload(const v1::CaseloadState& caseload) const;

  // All versions, oldest first: version n stands at n - 1.
  const std::map<std::string, std::vector<PackVersion>, std::less<>>& packs() const { return *packs_; }
  const std::map<std::string, std::vector<CalendarVersion>, std::less<>>& calendars() const { return *calendars_; }
  // Has anybody ever been registered? If not, the directory has nothing to say about who works here.
  bool knows_staff() const { return staff_count_ > 0; }
  // Sorted by id.
  std::vector<const v1::StaffState*> AllStaff() const;

  // Sorted by id.
  std::vector<const v1::AgencyState*> AllAgencies() const;

  // The number of facts of a directory stream ("pack/<id>", "staff/<id>", "agreement/<id>", ...); 0 if it is unknown.
  uint64_t StreamVersion(std::string_view stream) const;

  // Why a published version cannot be used; OK if all can.
  absl::Status Fault() const;

 private:
  struct StaffEntry {
    v1::StaffState state;
    uint64_t version = 0;
  };
  struct AgencyEntry {
    v1::AgencyState state;
    uint64_t version = 0;
  };
  using PackMap = std::map<std::string, std::vector<PackVersion>, std::less<>>;
  using CalendarMap = std::map<std::string, std::vector<CalendarVersion>, std::less<>>;
  using StaffBucket = std::map<std::string, StaffEntry, std::less<>>;
  using AgencyMap = std::map<std::string, AgencyEntry, std::less<>>;
  using LoadBucket = std::map<std::string, v1::CaseloadState, std::less<>>;
  // Staff are many and change one by one: a change copies one bucket, not all of them.
  static constexpr size_t kStaffBuckets = 64;

  static size_t BucketOf(std::string_view staff_id);
  const StaffEntry* FindStaff(std::string_view id) const;
  void ChangeCaseload(const std::string& person, absl::FunctionRef<void(v1::CaseloadState&)> change);
  void AddPack(const v1::Pack& pack, absl::Time at, const std::string& by);
  void AddCalendar(const v1::Calendar& calendar, absl::Time at, const std::string& by);
  void AddStaff(const v1::StaffRegistered& staff, absl::Time at);
  void AddDelegation(const v1::SignOffDelegated& delegation, absl::Time at);
  void AddAgency(const v1::Agency& agency, absl::Time at);
  // Changes an agreement of a known agency; a new one is made.
  void ChangeAgreement(const std::string& agency, const std::string& id,
                       absl::FunctionRef<void(v1::AgreementState&)> change);

  uint64_t sequence_ = 0;
  std::shared_ptr<const PackMap> packs_;
  std::shared_ptr<const CalendarMap> calendars_;
  std::array<std::shared_ptr<const StaffBucket>, kStaffBuckets> staff_;
  size_t staff_count_ = 0;  // also those who have left
  std::shared_ptr<const AgencyMap> agencies_;
  std::array<std::shared_ptr<const LoadBucket>, kStaffBuckets> caseloads_;
};

struct DirectoryAccepted {
  std::string stream;
  uint64_t version = 0;  // of the stream, after it
  std::vector<v1::Event> events;
};
using DirectoryVerdict = std::variant<DirectoryAccepted, v1::Refusal>;

// Deciding what is published, who is registered and what was agreed with whom. Pure. It counts from when it is
// recorded: a claimed occurred_at is not used. Only a named human with the role policy_admin or system_admin may.
// Refusals in code, in the order they are tried: L12, C-role, C-field, then those of the kind of entry.
DirectoryVerdict DecideDirectory(const Directory& directory, const v1::Command& command, const v1::Actor& actor,
                                 absl::Time now);

// "pack/<id>", "staff/<id>", "agreement/<id>", ..., whether or not the command is well formed. Empty for another verb.
std::string DirectoryStream(const v1::Command& command);

// Limits, each with a test at it and one past it.
inline constexpr int kStaffRolesMax = 32;   // roles, and courses trained in, of one person
inline constexpr int kDelegationsMax = 16;  // people who delegate to one at a time
inline constexpr absl::Duration kDelegationMax = absl::Hours(24 * 366);
inline constexpr int kAgencyListMax = 64;  // services; purposes, lawful bases
inline constexpr int kAgreementsMax = 64;  // with one agency
inline constexpr size_t kAgencyTitleMax = 128;
inline constexpr size_t kDocumentRefMax = 512;
inline constexpr size_t kProblemsShownMax = 100;  // of a pack that does not compile
inline constexpr size_t kRolesShownMax = 40;      // of those known, when a role is not

}  // namespace caseward
