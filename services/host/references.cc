#include "services/host/references.h"

#include "caseward/v1/state.pb.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/partition/state_keys.h"

namespace caseward {
namespace {

absl::Status InField(std::string_view field, const absl::Status& status) {
  return absl::Status(status.code(), StrCat(field, ": ", StdText(status.message())));
}

absl::StatusOr<CaseId> ResolveReference(const v1::ExternalReference& reference, std::string_view field,
                                        const ReferenceContext& context) {
  if (absl::Status status = CheckReference(reference); !status.ok()) {
    return InField(field, status);
  }
  const uint32_t home = ReferencePartition(context.hasher, reference, context.partitions);
  auto found = context.state.Get(keys::Reference(home, reference.system(), reference.value()));
  if (!found.ok()) {
    return found.status();
  }
  v1::ReferenceState claims;
  if (!found->has_value() || !claims.ParseFromString(**found) || claims.case_ids().empty()) {
    return absl::NotFoundError(StrCat(field, ": no case is known under this reference of system ", reference.system()));
  }
  return CaseId::Parse(claims.case_ids(0));  // a later claim shows on both cases; the first one keeps the name
}

}  // namespace

absl::StatusOr<CaseId> ResolveCaseId(std::string_view text, std::string_view field, const ReferenceContext& context) {
  if (text.empty()) {
    return absl::InvalidArgumentError(
        StrCat(field, ": expected a case id, or \"system:value\" of an external reference; found nothing"));
  }
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    v1::ExternalReference reference;
    reference.set_system(std::string(text.substr(0, colon)));
    reference.set_value(std::string(text.substr(colon + 1)));
    return ResolveReference(reference, field, context);
  }
  auto id = CaseId::Parse(text);
  if (!id.ok()) {
    return InField(field, id.status());
  }
  if (PartitionOf(*id) >= context.partitions) {
    return absl::NotFoundError(StrCat(field, ": expected an id of one of the ", context.partitions,
                                      " partitions here; found one of partition ", PartitionOf(*id)));
  }
  return id;
}

absl::Status ResolveIds(v1::Command& command, const ReferenceContext& context) {
  if (!command.case_id().empty()) {
    auto id = ResolveCaseId(command.case_id(), "command.case_id", context);
    if (!id.ok()) {
      return id.status();
    }
    command.set_case_id(id->string());
  }
  if (command.has_link_case() && !command.link_case().other_case_id().empty()) {
    auto other = ResolveCaseId(command.link_case().other_case_id(), "command.link_case.other_case_id", context);
    if (!other.ok()) {
      return other.status();
    }
    command.mutable_link_case()->set_other_case_id(other->string());
  }
  if (!command.resident_id().empty()) {
    auto resident = ResidentId::Parse(command.resident_id());
    if (!resident.ok()) {
      return InField("command.resident_id", resident.status());
    }
    command.set_resident_id(resident->string());
  }
  return absl::OkStatus();
}

}  // namespace caseward
