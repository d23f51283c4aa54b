#include "services/server/health.h"

#include <string_view>

#include "caseward/v1/case_service.grpc.pb.h"
#include "caseward/v1/other_services.grpc.pb.h"

namespace caseward {
namespace {

// Every service there is, as "" asks of the server.
constexpr char kServer[] = "";
// Parts that may stand still while every service goes on.
constexpr char kIntake[] = "caseward.intake";
constexpr char kMessages[] = "caseward.messages";

// Here, or at the node that owns it.
bool TakesRounds(const PartitionView& view) {
  return view.condition == "SERVING" || view.condition == "HOLDING_TIMERS" ||
         (view.condition == "FOLLOWING" && view.why.empty());
}

}  // namespace

Health::Health(EngineHost& host, grpc::HealthCheckServiceInterface& service) : host_(host), service_(service) {
  for (const char* reads : {v1::ResidentService::service_full_name(), v1::DirectoryService::service_full_name(),
                            v1::EventService::service_full_name(), v1::AdminService::service_full_name()}) {
    service_.SetServingStatus(reads, true);
  }
  Look();
  thread_ = std::thread([this] { Run(); });
}

Health::~Health() { Stop(); }

void Health::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  service_.Shutdown();  // a look under way changes nothing any more
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Health::Look() {
  bool serves = host_.member();
  bool intake = true;
  bool messages = true;
  for (uint32_t p = 0; p < host_.partitions(); ++p) {
    const PartitionView view = host_.partition(p).view();
    serves = serves && TakesRounds(view);
    intake = intake && view.intake.condition != "STOPPED" && view.intake.condition != "WAITING";
    messages = messages && view.messages_why.empty();
  }
  service_.SetServingStatus(kIntake, intake);
  service_.SetServingStatus(kMessages, messages);
  service_.SetServingStatus(kServer, serves);
  service_.SetServingStatus(v1::CaseService::service_full_name(), serves);
}

void Health::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, absl::ToChronoNanoseconds(kHealthEvery), [this] { return stopping_; })) {
    lock.unlock();
    Look();
    lock.lock();
  }
}

}  // namespace caseward
