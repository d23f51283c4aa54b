#include "services/cli/case_walk.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "services/cli/client.h"

namespace caseward::cli {
namespace {

constexpr int kCasesAPage = 256;
constexpr size_t kWindow = 32;
// Words may be 64 KiB each, and a message is bounded.
constexpr int kDecisionsAPage = 100;
constexpr int kDecisionsAPageWithWords = 16;

v1::GetTimelineRequest FirstPage(const std::string& case_id, const WalkOptions& options) {
  v1::GetTimelineRequest request;
  request.set_case_id(case_id);
  request.set_page_size(options.with_words ? kDecisionsAPageWithWords : kDecisionsAPage);
  request.set_with_words(options.with_words);
  return request;
}

// The first pages of some timelines, asked for all at once.
class FirstPages {
 public:
  explicit FirstPages(Client& client) : client_(client) {}

  void Start(v1::GetTimelineRequest asked) {
    Read& read = *reads_.emplace_back(std::make_unique<Read>());
    read.request = std::move(asked);
    client_.Prepare(read.context);
    client_.cases().async()->GetTimeline(&read.context, &read.request, &read.response,
                                         [this, &read](grpc::Status status) {
                                           const std::lock_guard lock(mutex_);
                                           read.status = std::move(status);
                                           ++done_;
                                           changed_.notify_one();
                                         });
  }
  void WaitForAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_ == reads_.size(); });
  }
  absl::StatusOr<v1::GetTimelineResponse> Take(size_t place) {
    Read& read = *reads_[place];
    if (!read.status.ok()) return client_.FromGrpc(read.status);
    return std::move(read.response);
  }

 private:
  struct Read {
    grpc::ClientContext context;
    v1::GetTimelineRequest request;
    v1::GetTimelineResponse response;
    grpc::Status status;
  };
  Client& client_;
  std::vector<std::unique_ptr<Read>> reads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t done_ = 0;  // guarded by mutex_
};

absl::Status VisitCase(Client& client, const WalkOptions& options, const v1::CaseState& state,
                       v1::GetTimelineResponse page, absl::FunctionRef<absl::Status(const WalkPage&)> visit) {
  bool first = true;
  while (true) {
    const bool last = page.next_page_token().empty();
    absl::Status s = visit({.state = state, .decisions = page.decisions(), .first = first, .last = last});
    if (!s.ok() || last) return s;
    first = false;
    v1::GetTimelineRequest request = FirstPage(state.case_id(), options);
    request.set_page_token(page.next_page_token());
    page.Clear();
    s = client.Call(&v1::CaseService::Stub::GetTimeline, client.cases(), request, &page);
    if (!s.ok()) return s;
  }
}

}  // namespace

absl::Status WalkCases(Session& session, const WalkOptions& options,
                       absl::FunctionRef<absl::Status(const WalkPage&)> visit) {
  Client& client = session.client();
  v1::ListCasesRequest request;
  request.set_page_size(kCasesAPage);
  request.set_case_type(options.case_type);
  do {
    v1::ListCasesResponse list;
    absl::Status s = client.Call(&v1::CaseService::Stub::ListCases, client.cases(), request, &list);
    if (!s.ok()) return s;
    const auto cases = static_cast<size_t>(list.cases_size());
    for (size_t begin = 0; begin < cases; begin += kWindow) {
      const size_t end = std::min(cases, begin + kWindow);
      FirstPages pages(client);
      for (size_t i = begin; i < end; ++i)
        pages.Start(FirstPage(list.cases(static_cast<int>(i)).case_id(), options));
      pages.WaitForAll();
      for (size_t i = begin; i < end; ++i) {
        absl::StatusOr<v1::GetTimelineResponse> page = pages.Take(i - begin);
        if (!page.ok()) return page.status();
        s = VisitCase(client, options, list.cases(static_cast<int>(i)), *std::move(page), visit);
        if (!s.ok()) return s;
      }
    }
    request.set_page_token(list.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::StatusOr<const v1::Pack*> PackShelf::Find(const std::string& id, uint32_t version) {
  const auto [it, fresh] = packs_.try_emplace(std::pair(id, version));
  if (fresh && !id.empty()) {
    v1::GetPackRequest request;
    request.set_pack_id(id);
    request.set_version(version);
    v1::GetPackResponse response;
    Client& client = session_.client();
    const absl::Status s = client.Call(&v1::DirectoryService::Stub::GetPack, client.directory(), request, &response);
    if (!s.ok() && !absl::IsNotFound(s)) return s;
    if (s.ok()) it->second = std::move(*response.mutable_pack()->mutable_pack());
  }
  return it->second.has_value() ? &*it->second : nullptr;
}

const v1::StepType* PackShelf::Step(std::string_view pack_id, uint32_t version, std::string_view step) const {
  const auto it = packs_.find(std::pair(std::string(pack_id), version));
  if (it == packs_.end() || !it->second.has_value()) return nullptr;
  for (const v1::StepType& type : it->second->steps()) {
    if (type.id() == step) return &type;
  }
  return nullptr;
}

}  // namespace caseward::cli
