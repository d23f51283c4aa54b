// DirectoryService: packs, calendars, staff with what they carry, agencies and agreements as the directory has them
// now.
#include "caseward/v1/other_services.grpc.pb.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "services/server/services.h"
#include "services/server/unary_call.h"
#include "services/server/work/staff_load.h"

namespace caseward {
namespace {

v1::PackState Describe(const PackVersion& version, bool whole) {
  v1::PackState out;
  SetTimestamp(version.published_at, out.mutable_published_at());
  out.set_published_by(version.published_by);
  if (version.pack == nullptr) {
    return out;
  }
  const v1::Pack& pack = version.pack->source();
  if (whole) {
    *out.mutable_pack() = pack;
    return out;
  }
  out.mutable_pack()->set_id(pack.id());
  out.mutable_pack()->set_version(pack.version());
  out.mutable_pack()->set_title(pack.title());
  out.mutable_pack()->set_calendar(pack.calendar());
  *out.mutable_pack()->mutable_case_types() = pack.case_types();
  return out;
}

void ListPacks(Backend& backend, v1::ListPacksRequest, v1::Actor, Answer<v1::ListPacksResponse> answer) {
  const auto directory = backend.host.directory().Now();
  v1::ListPacksResponse response;
  for (const auto& [id, versions] : directory->packs()) {
    for (size_t i = 0; i < versions.size(); ++i) {
      v1::PackState& pack = *response.add_packs();
      pack = Describe(versions[i], false);
      pack.mutable_pack()->set_id(id);  // also of a version that this build cannot use
      pack.mutable_pack()->set_version(static_cast<uint32_t>(i + 1));
    }
  }
  answer(std::move(response));
}

void GetPack(Backend& backend, v1::GetPackRequest request, v1::Actor, Answer<v1::GetPackResponse> answer) {
  const auto directory = backend.host.directory().Now();
  const auto found = directory->packs().find(request.pack_id());
  const size_t versions = found == directory->packs().end() ? 0 : found->second.size();
  const size_t wanted = request.version() == 0 ? versions : request.version();
  if (wanted == 0 || wanted > versions) {
    answer(absl::NotFoundError(StrCat("pack_id, version: expected a published version of the pack, of which there are ",
                                      versions, "; found version ", request.version())));
    return;
  }
  const PackVersion& version = found->second[wanted - 1];
  if (version.pack == nullptr) {
    answer(version.fault);
    return;
  }
  v1::GetPackResponse response;
  *response.mutable_pack() = Describe(version, true);
  answer(std::move(response));
}

void ListCalendars(Backend& backend, v1::ListCalendarsRequest, v1::Actor, Answer<v1::ListCalendarsResponse> answer) {
  const auto directory = backend.host.directory().Now();
  v1::ListCalendarsResponse response;
  for (const auto& [id, versions] : directory->calendars()) {
    for (size_t i = 0; i < versions.size(); ++i) {
      v1::CalendarState& out = *response.add_calendars();
      if (versions[i].calendar != nullptr) {
        *out.mutable_calendar() = versions[i].calendar->source();
      }
      out.mutable_calendar()->set_id(id);
      out.mutable_calendar()->set_version(static_cast<uint32_t>(i + 1));
      SetTimestamp(versions[i].published_at, out.mutable_published_at());
    }
  }
  answer(std::move(response));
}

void ListStaff(Backend& backend, v1::ListStaffRequest, v1::Actor, Answer<v1::ListStaffResponse> answer) {
  const auto directory = backend.host.directory().Now();
  v1::ListStaffResponse response;
  for (const v1::StaffState* staff : directory->AllStaff()) {
    *response.add_staff() = *staff;
  }
  answer(std::move(response));
}

void ListAgencies(Backend& backend, v1::ListAgenciesRequest, v1::Actor, Answer<v1::ListAgenciesResponse> answer) {
  const auto directory = backend.host.directory().Now();
  v1::ListAgenciesResponse response;
  for (const v1::AgencyState* agency : directory->AllAgencies()) {
    *response.add_agencies() = *agency;
  }
  answer(std::move(response));
}

using DirectoryBase = v1::DirectoryService::WithRawCallbackMethod_ListPacks<
    v1::DirectoryService::WithRawCallbackMethod_GetPack<v1::DirectoryService::WithRawCallbackMethod_ListCalendars<
        v1::DirectoryService::WithRawCallbackMethod_ListStaff<v1::DirectoryService::WithRawCallbackMethod_ListAgencies<
            v1::DirectoryService::WithRawCallbackMethod_ListCaseloads<v1::DirectoryService::Service>>>>>>;

class DirectoryServiceImpl : public DirectoryBase {
 public:
  explicit DirectoryServiceImpl(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* ListPacks(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                      grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListPacksRequest, v1::ListPacksResponse>::Start(backend_, context, in, out,
                                                                         caseward::ListPacks);
  }
  grpc::ServerUnaryReactor* GetPack(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                    grpc::ByteBuffer* out) override {
    return UnaryCall<v1::GetPackRequest, v1::GetPackResponse>::Start(backend_, context, in, out, caseward::GetPack);
  }
  grpc::ServerUnaryReactor* ListCalendars(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                          grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListCalendarsRequest, v1::ListCalendarsResponse>::Start(backend_, context, in, out,
                                                                                 caseward::ListCalendars);
  }
  grpc::ServerUnaryReactor* ListStaff(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                      grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListStaffRequest, v1::ListStaffResponse>::Start(backend_, context, in, out,
                                                                         caseward::ListStaff);
  }
  grpc::ServerUnaryReactor* ListAgencies(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListAgenciesRequest, v1::ListAgenciesResponse>::Start(backend_, context, in, out,
                                                                               caseward::ListAgencies);
  }

  grpc::ServerUnaryReactor* ListCaseloads(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                          grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListCaseloadsRequest, v1::ListCaseloadsResponse>::Start(backend_, context, in, out,
                                                                                 caseward::ListCaseloads);
  }

 private:
  Backend& backend_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDirectoryService(Backend& backend) {
  return std::make_unique<DirectoryServiceImpl>(backend);
}

}  // namespace caseward
