#include "services/server/case_reads.h"

#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/explain.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "services/host/words_opener.h"
#include "services/server/page_token.h"
#include "services/server/read_after.h"
#include "services/server/read_mask.h"

namespace caseward {
namespace {

absl::Status NoCase(const CaseId& id) {
  return absl::NotFoundError(StrCat("case_id: expected a case that exists; found none with id ", id.string()));
}

absl::Time AsOf(const google::protobuf::Timestamp* as_of) {
  return as_of == nullptr ? absl::InfiniteFuture() : ToTime(*as_of);
}

template <typename Request>
const google::protobuf::Timestamp* AsOfField(const Request& request) {
  return request.has_as_of() ? &request.as_of() : nullptr;
}

// The case now, or as it had been recorded by then.
absl::StatusOr<v1::CaseState> ReadState(const PartitionReader& reader, const CaseId& id,
                                        const google::protobuf::Timestamp* as_of) {
  auto found = as_of == nullptr ? reader.GetCase(id.string()) : reader.CaseAsOf(id.string(), AsOf(as_of));
  if (!found.ok()) {
    return found.status();
  }
  if (!found->has_value()) {
    return NoCase(id);
  }
  return **std::move(found);
}

absl::StatusOr<v1::GetCaseResponse> ReadCase(Backend& backend, const v1::GetCaseRequest& request, const CaseId& id) {
  const std::unique_ptr<StateReader> view = backend.state.View();
  auto state = ReadState(PartitionReader(id.partition(), *view), id, AsOfField(request));
  auto position = PositionOf(id.partition(), *view);
  if (!state.ok() || !position.ok()) {
    return state.ok() ? position.status() : state.status();
  }
  v1::GetCaseResponse response;
  *response.mutable_case_() = *std::move(state);
  *response.mutable_position() = *std::move(position);
  ApplyMask(request.read_mask(), *response.mutable_case_());
  if (request.with_words()) {
    if (absl::Status opened = OpenWords(backend.vault, *response.mutable_case_()); !opened.ok()) {
      return opened;
    }
  }
  return response;
}

// The question of a page token: everything but the page itself.
std::string QuestionOf(v1::GetTimelineRequest request) {
  request.clear_page_size();
  request.clear_page_token();
  request.clear_freshness();
  return request.SerializeAsString();
}

absl::StatusOr<v1::GetTimelineResponse> ReadTimeline(Backend& backend, const v1::GetTimelineRequest& request,
                                                     const CaseId& id) {
  const std::string question = QuestionOf(request);
  auto place = ReadPageToken(request.page_token(), question);
  auto size = PageSize(request.page_size(), backend.limits.page_size_default, backend.limits.page_size_max);
  if (!place.ok() || !size.ok()) {
    return place.ok() ? size.status() : place.status();
  }
  uint64_t from = 0;
  if (!place->empty() && !absl::SimpleAtoi(*place, &from)) {
    return absl::InvalidArgumentError("page_token: expected a place in a timeline");
  }
  const absl::Time until = AsOf(AsOfField(request));
  const std::unique_ptr<StateReader> view = backend.state.View();
  v1::GetTimelineResponse response;
  absl::Status parsed;
  bool any = from > 0;
  absl::Status read = PartitionReader(id.partition(), *view)
                          .Timeline(id.string(), from, UINT64_MAX, [&](uint64_t sequence, std::string_view raw) {
                            any = true;
                            if (response.decisions_size() == *size) {
                              response.set_next_page_token(MakePageToken(StrCat(sequence), question));
                              return false;
                            }
                            v1::Decision decision;
                            parsed = ParseRecord(raw, id.partition(), sequence, decision);
                            if (!parsed.ok() || ToTime(decision.recorded_at()) > until) {
                              return false;
                            }
                            *response.add_decisions() = std::move(decision);
                            return true;
                          });
  if (!read.ok() || !parsed.ok()) {
    return read.ok() ? parsed : read;
  }
  if (!any) {
    return NoCase(id);
  }
  if (request.with_words()) {
    for (v1::Decision& decision : *response.mutable_decisions()) {
      if (absl::Status opened = OpenWords(backend.vault, decision); !opened.ok()) {
        return opened;
      }
    }
  }
  return response;
}

// The lines recorded by a moment, for a look back.
class LinesUntil : public FactLines {
 public:
  LinesUntil(const FactLines& all, absl::Time until) : all_(all), until_(until) {}
  void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override {
    all_.NewestFirst([&](const FactLine& one) { return one.recorded_at > until_ || line(one); });
  }

 private:
  const FactLines& all_;
  const absl::Time until_;
};

absl::StatusOr<v1::ExplainCaseResponse> Explain(Backend& backend, const v1::ExplainCaseRequest& request,
                                                const v1::Actor& actor, const CaseId& id) {
  const std::unique_ptr<StateReader> view = backend.state.View();
  const PartitionReader reader(id.partition(), *view);
  auto state = ReadState(reader, id, AsOfField(request));
  auto position = PositionOf(id.partition(), *view);
  if (!state.ok() || !position.ok()) {
    return state.ok() ? position.status() : state.status();
  }
  const std::shared_ptr<const Directory> directory = backend.host.directory().Now();
  const std::optional<absl::Time> as_of =
      request.has_as_of() ? std::optional(ToTime(request.as_of())) : std::optional<absl::Time>();
  v1::ExplainCaseResponse response;
  absl::Status explained =
      WithCaseContext(backend, *directory, reader, *state, actor, as_of, [&](const CaseContext& context) {
        *response.mutable_explanation() = caseward::ExplainCase(
            *state, context,
            [&](std::string_view calendar_id, uint32_t version) { return directory->Calendar(calendar_id, version); });
      });
  if (!explained.ok()) {
    return explained;
  }
  *response.mutable_position() = *std::move(position);
  return response;
}

// Where a stream lives, by its name.
absl::StatusOr<uint32_t> PartitionOfStream(const Backend& backend, std::string_view stream) {
  if (stream.find('/') != std::string_view::npos) {
    return 0;  // "pack/housing", "staff/pat.lee": the directory
  }
  if (auto resident = ResidentId::Parse(stream); resident.ok() && resident->partition() < backend.host.partitions()) {
    return resident->partition();
  }
  auto id = ResolveCaseId(stream, "stream", backend.references());
  if (!id.ok()) {
    return id.status();
  }
  return id->partition();
}

absl::StatusOr<v1::GetOutcomeResponse> ReadOutcome(Backend& backend, const v1::GetOutcomeRequest& request,
                                                   const v1::Actor& actor) {
  uint32_t first = 0;
  uint32_t last = backend.host.partitions();
  if (!request.stream().empty()) {
    auto partition = PartitionOfStream(backend, request.stream());
    if (!partition.ok()) {
      return partition.status();
    }
    first = *partition;
    last = first + 1;
  }
  for (uint32_t p = first; p < last; ++p) {
    auto outcome = PartitionReader(p, backend.state).FirstOutcome(actor.id(), request.command_id());
    if (!outcome.ok()) {
      return outcome.status();
    }
    if (outcome->has_value()) {
      v1::GetOutcomeResponse response;
      *response.mutable_outcome() = **std::move(outcome);
      return response;
    }
  }
  return absl::NotFoundError(StrCat("command_id: expected one that ", actor.id(), " has used",
                                    request.stream().empty() ? "" : " for this stream",
                                    " in the last 400 days; found no outcome"));
}

// What reading one case has in common: whether the actor may, which case it is, and from when on it may be read.
// `read`: (backend, request, case) → answer.
template <typename Request, typename Response, typename Read>
void ReadOneCase(Backend& backend, const absl::Status& may, Request request, Answer<Response> answer, Read read) {
  auto id = ResolveCaseId(request.case_id(), "case_id", backend.references());
  if (!may.ok() || !id.ok()) {
    answer(may.ok() ? id.status() : may);
    return;
  }
  const v1::ReadFreshness freshness = request.freshness();
  ReadAfter(backend, id->partition(), freshness,
            [&backend, request = std::move(request), read = std::move(read), id = *id, answer = std::move(answer)](
                absl::Status ready) mutable { answer(ready.ok() ? read(backend, request, id) : ready); });
}

}  // namespace

absl::Status WithCaseContext(const Backend& backend, const Directory& directory, const PartitionReader& reader,
                             const v1::CaseState& state, const v1::Actor& actor, std::optional<absl::Time> as_of,
                             absl::FunctionRef<void(const CaseContext&)> use) {
  const CompiledPack* pack = directory.Pack(state.pack_id(), state.pack_version());
  const WorkingCalendar* calendar = pack == nullptr ? nullptr : directory.NewestCalendar(pack->source().calendar());
  if (calendar == nullptr) {
    return absl::FailedPreconditionError(StrCat("case ", state.case_id(), ": its pack ", state.pack_id(), " version ",
                                                state.pack_version(), " or the pack's calendar cannot be used here"));
  }
  auto resident = reader.GetResident(state.main_resident_id());
  if (!resident.ok()) {
    return resident.status();
  }
  const absl::Time today = as_of.value_or(backend.host.Now().wall);
  const absl::Time now = !as_of && state.importing() ? ToTime(state.updated_at()) : today;
  const PartitionReader::Lines lines = reader.LinesOf(state.case_id());
  const LinesUntil lines_until(lines, as_of.value_or(absl::InfiniteFuture()));
  use(CaseContext{.pack = *pack,
                  .calendar = *calendar,
                  .hasher = backend.hasher,
                  .actor = actor,
                  .now = now,
                  .staff = directory.Staff(PersonOf(actor)),
                  .resident = resident->has_value() ? &**resident : nullptr,
                  .lines = &lines_until,
                  .case_id = state.case_id(),
                  .resident_id = state.main_resident_id(),
                  .standing_of = nullptr,
                  .agency_of = [&](std::string_view agency) { return directory.Agency(agency); },
                  .staff_of = [&](std::string_view person) { return directory.Staff(person); },
                  .recorded_at = today,
                  .load_of = [&](std::string_view person) { return directory.LoadOf(person); }});
  return lines.status();
}

absl::StatusOr<v1::Position> PositionOf(uint32_t partition, const StateReader& state) {
  auto meta = PartitionReader(partition, state).Meta();
  if (!meta.ok()) {
    return meta.status();
  }
  v1::Position position;
  position.set_partition(partition);
  if (meta->has_value()) {
    position.set_log_id((*meta)->log_id());
    position.set_sequence((*meta)->applied_sequence());
  }
  return position;
}

absl::Status CheckMayReadWords(const Backend& backend, const v1::Actor& actor, std::string_view what) {
  if (MayReadWords(actor, backend.words_roles)) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      StrCat(what, ": expected an actor who may read personal words; ", actor.id(), " has no such role"));
}

void GetOutcome(Backend& backend, v1::GetOutcomeRequest request, v1::Actor actor,
                Answer<v1::GetOutcomeResponse> answer) {
  answer(ReadOutcome(backend, request, actor));
}

void GetCase(Backend& backend, v1::GetCaseRequest request, v1::Actor actor, Answer<v1::GetCaseResponse> answer) {
  absl::Status may = request.with_words() ? CheckMayReadWords(backend, actor) : absl::OkStatus();
  may.Update(CheckMask(request.read_mask(), *v1::CaseState::descriptor()));
  ReadOneCase(backend, may, std::move(request), std::move(answer), ReadCase);
}

void GetTimeline(Backend& backend, v1::GetTimelineRequest request, v1::Actor actor,
                 Answer<v1::GetTimelineResponse> answer) {
  absl::Status may = request.with_words() ? CheckMayReadWords(backend, actor) : absl::OkStatus();
  ReadOneCase(backend, may, std::move(request), std::move(answer), ReadTimeline);
}

void ExplainCase(Backend& backend, v1::ExplainCaseRequest request, v1::Actor actor,
                 Answer<v1::ExplainCaseResponse> answer) {
  ReadOneCase(backend, absl::OkStatus(), std::move(request), std::move(answer),
              [actor = std::move(actor)](Backend& on, const v1::ExplainCaseRequest& asked, const CaseId& id) {
                return Explain(on, asked, actor, id);
              });
}

}  // namespace caseward
