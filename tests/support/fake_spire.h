// SPIRE's Entry service and Workload API, in this process, over socket pairs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>
#include <sys/socket.h>

#include "attestors/base/status.h"
#include "spiffe_workload.grpc.pb.h"
#include "spire_entry.grpc.pb.h"

namespace svidence::testing {

// Answers as SPIRE 1.13.3 does: pages of at most `max_page`, a status per item.
class FakeEntryService final : public ::spire::api::server::entry::v1::Entry::Service {
 public:
  using Request = ::spire::api::server::entry::v1::ListEntriesRequest;
  using Response = ::spire::api::server::entry::v1::ListEntriesResponse;
  using DeleteRequest = ::spire::api::server::entry::v1::BatchDeleteEntryRequest;
  using DeleteResponse = ::spire::api::server::entry::v1::BatchDeleteEntryResponse;

  int max_page = 1000;
  ::grpc::Status error;           // of every call, unless OK
  std::set<std::string> stuck;    // cannot be deleted
  bool answers_too_few = false;   // a result less than asked for
  bool waits_for_cancel = false;  // never answers
  std::map<std::string, ::spire::api::types::Entry> entries;
  std::vector<int> page_sizes;  // asked for

  ::grpc::Status ListEntries(::grpc::ServerContext* context, const Request* request,
                             Response* response) override {
    if (const ::grpc::Status status = Begin(context); !status.ok()) return status;
    page_sizes.push_back(request->page_size());
    const auto& wanted = request->filter().by_spiffe_id();
    int room = request->page_size() > 0 ? std::min(request->page_size(), max_page) : max_page;
    for (auto entry = entries.upper_bound(request->page_token()); entry != entries.end(); ++entry) {
      const auto& id = entry->second.spiffe_id();
      if (request->filter().has_by_spiffe_id() &&
          (id.trust_domain() != wanted.trust_domain() || id.path() != wanted.path())) {
        continue;
      }
      *response->add_entries() = entry->second;
      response->set_next_page_token(entry->first);
      if (--room == 0) return ::grpc::Status::OK;
    }
    response->clear_next_page_token();
    return ::grpc::Status::OK;
  }

  ::grpc::Status BatchDeleteEntry(::grpc::ServerContext* context, const DeleteRequest* request,
                                  DeleteResponse* response) override {
    if (const ::grpc::Status status = Begin(context); !status.ok()) return status;
    for (const std::string& id : request->ids()) {
      auto* const result = response->add_results();
      result->set_id(id);
      if (stuck.contains(id)) {
        result->mutable_status()->set_code(static_cast<int>(::grpc::StatusCode::INTERNAL));
        result->mutable_status()->set_message("datastore\x1b[2J is ill");
      } else if (entries.erase(id) == 0) {
        result->mutable_status()->set_code(static_cast<int>(::grpc::StatusCode::NOT_FOUND));
      }
    }
    if (answers_too_few) response->mutable_results()->RemoveLast();
    return ::grpc::Status::OK;
  }

 private:
  ::grpc::Status Begin(::grpc::ServerContext* context) const {
    while (waits_for_cancel && !context->IsCancelled()) {
      gpr_sleep_until(
          gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(5, GPR_TIMESPAN)));
    }
    return error;
  }
};

class FakeWorkloadService final : public ::SpiffeWorkloadAPI::Service {
 public:
  ::grpc::Status error;                     // of every call, unless OK
  std::vector<::X509SVIDResponse> updates;  // sent one after the other
  bool keeps_stream = false;                // open after the last one
  ::JWTSVIDResponse jwt;
  ::JWTSVIDRequest last_jwt_request;

  ::grpc::Status FetchX509SVID(::grpc::ServerContext* context, const ::X509SVIDRequest* /*request*/,
                               ::grpc::ServerWriter<::X509SVIDResponse>* writer) override {
    if (const ::grpc::Status status = Begin(context); !status.ok()) return status;
    for (const ::X509SVIDResponse& update : updates) writer->Write(update);
    while (keeps_stream && !context->IsCancelled()) {
      gpr_sleep_until(
          gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(5, GPR_TIMESPAN)));
    }
    return ::grpc::Status::OK;
  }

  ::grpc::Status FetchJWTSVID(::grpc::ServerContext* context, const ::JWTSVIDRequest* request,
                              ::JWTSVIDResponse* response) override {
    if (const ::grpc::Status status = Begin(context); !status.ok()) return status;
    last_jwt_request = *request;
    *response = jwt;
    return ::grpc::Status::OK;
  }

 private:
  // As SPIRE agent's middleware.
  ::grpc::Status Begin(::grpc::ServerContext* context) const {
    const auto header = context->client_metadata().find("workload.spiffe.io");
    if (header == context->client_metadata().end() || header->second != "true") {
      return {::grpc::StatusCode::INVALID_ARGUMENT, "security header missing from request"};
    }
    return error;
  }
};

// Serves `service` on one end of each socket pair that Connect() makes.
class SocketPairServer {
 public:
  explicit SocketPairServer(::grpc::Service& service) {
    ::grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
  }
  ~SocketPairServer() { server_->Shutdown(std::chrono::system_clock::now()); }
  SocketPairServer(const SocketPairServer&) = delete;
  SocketPairServer& operator=(const SocketPairServer&) = delete;

  // The client's end.
  StatusOr<int> Connect() {
    int ends[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
      return Internal("socketpair failed");
    }
    ::grpc::AddInsecureChannelFromFd(server_.get(), ends[1]);
    return ends[0];
  }

 private:
  std::unique_ptr<::grpc::Server> server_;
};

}  // namespace svidence::testing
