#include "bench/bare.h"

#include <grpcpp/grpcpp.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "bench/echo.grpc.pb.h"

namespace caseward::bench {
namespace {

class EchoService : public Echo::CallbackService {
 public:
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context, const EchoMessage* request,
                                 EchoMessage* response) override {
    response->set_payload(request->payload());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

struct EchoCall {
  grpc::ClientContext context;
  EchoMessage request;
  EchoMessage response;
};

void MustBeOk(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

std::unique_ptr<rocksdb::DB> OpenBare(const std::string& folder) {
  std::filesystem::create_directories(folder);
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  MustBeOk(rocksdb::DB::Open(options, folder, &db));
  return std::unique_ptr<rocksdb::DB>(db);
}

}  // namespace

struct BareEcho::Impl {
  EchoService service;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Echo::Stub> stub;
};

BareEcho::BareEcho() : impl_(std::make_unique<Impl>()) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&impl_->service);
  impl_->server = builder.BuildAndStart();
  impl_->stub =
      Echo::NewStub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
}

BareEcho::~BareEcho() { impl_->server->Shutdown(); }

CallsResult BareEcho::Run(size_t callers, absl::Duration warm_up, absl::Duration duration) {
  return RunCallers(callers, warm_up, duration, [&](size_t, std::function<void(bool)> done) {
    auto* call = new EchoCall;
    call->request.set_payload(std::string(200, 'x'));
    impl_->stub->async()->Call(&call->context, &call->request, &call->response,
                               [call, done = std::move(done)](const grpc::Status& status) {
                                 const bool ok = status.ok();
                                 delete call;
                                 done(ok);
                               });
  });
}

double SyncedWriteMicros(const std::string& folder, size_t bytes, int times) {
  const auto db = OpenBare(folder);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  std::vector<double> samples;
  for (int i = 0; i < times; ++i) {
    const absl::Time began = absl::Now();
    MustBeOk(db->Put(synced, absl::StrCat("key", i), std::string(bytes, 'x')));
    samples.push_back(absl::ToDoubleMicroseconds(absl::Now() - began));
  }
  return Percentile(samples, 0.5);
}

double BareRoundsPerSecond(const std::string& folder, const std::vector<RecordedRound>& rounds, bool log_too) {
  const auto log = OpenBare(folder + "/log");
  const auto state = OpenBare(folder + "/state");
  rocksdb::WriteOptions synced;
  synced.sync = true;
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  uint64_t sequence = 0;
  size_t commands = 0;
  const absl::Time began = absl::Now();
  for (const RecordedRound& round : rounds) {
    commands += round.commands;
    if (log_too) {
      rocksdb::WriteBatch batch;
      for (const std::string& record : round.records)
        MustBeOk(batch.Put(absl::StrFormat("%020d", sequence++), record));
      MustBeOk(log->Write(synced, &batch));
    }
    rocksdb::WriteBatch batch;
    for (const auto& [key, value] : round.puts)
      MustBeOk(batch.Put(key, value));
    MustBeOk(state->Write(unlogged, &batch));
  }
  return static_cast<double>(commands) / absl::ToDoubleSeconds(absl::Now() - began);
}

}  // namespace caseward::bench
