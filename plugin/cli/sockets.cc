#include "plugin/cli/sockets.h"

#include <utility>

#include "attestors/base/quote.h"
#include "plugin/adapters/grpc/admin_client.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/linux/unix_socket.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/adapters/spire/workload_client.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/core/admin/ledger_reader.h"

namespace svidence::cli {
namespace {

constexpr const char* kServerFix =
    "--socket or $SVIDENCE_SOCKET names its socket, which lies in the "
    "runtime_dir of its settings";
constexpr const char* kMarkSuffix = "-mark/high-water-mark";  // as the server's settings default
constexpr const char* kAgentFix = "--socket or $SPIFFE_ENDPOINT_SOCKET names its socket";

StatusOr<std::unique_ptr<admin::Backend>> ConnectOne(const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(linux_os::UniqueFd fd,
                            linux_os::ConnectUnixSocket(path, "svidence-server", kServerFix));
  return std::unique_ptr<admin::Backend>(std::make_unique<AdminClient>(fd.Release()));
}

// The mark's path is made from the directory's.
std::string WithoutSlash(const std::string& dir) {
  return dir.substr(0, dir.find_last_not_of('/') + 1);
}

// The server's high-water mark, for comparing only.
class ReadOnlyMark final : public ledger::MarkStore {
 public:
  explicit ReadOnlyMark(std::string path) : path_(std::move(path)) {}

  StatusOr<std::string> Read() override {
    return linux_os::ReadRegularFile(path_, ledger::kMaxMarkBytes);
  }
  Status Write(std::string_view /*text*/) override {
    return FailedPrecondition("the high-water mark is opened for reading only");
  }
  std::string Where() const override { return path_; }

 private:
  const std::string path_;
};

// A reader with what it reads.
class FileLedger final : public admin::LedgerView {
 public:
  FileLedger(std::unique_ptr<ledger::LedgerStore> store, const Hasher& hasher,
             const std::string& dir)
      : store_(std::move(store)),
        hasher_(hasher),
        mark_(dir + kMarkSuffix),
        reader_(*store_, hasher, &mark_, dir, &verifier_) {}

  StatusOr<admin::LedgerInfo> Info() override {
    SVIDENCE_ASSIGN_OR_RETURN(admin::LedgerInfo info, reader_.Info());
    SVIDENCE_ASSIGN_OR_RETURN(const ledger::KeySchedule keys, reader_.Keys());
    info.keys = keys.Format(hasher_);
    return info;
  }
  StatusOr<admin::EntryPage> List(const admin::EntryQuery& query) override {
    return reader_.List(query);
  }
  StatusOr<std::string> Get(ledger::EntryIndex index) override { return reader_.Get(index); }
  Status Export(ledger::EntryIndex first, const admin::EntrySink& sink) override {
    return reader_.Export(first, sink);
  }
  StatusOr<admin::VerifyReport> Verify(const admin::VerifyProgress& progress) override {
    return reader_.Verify(progress);
  }

 private:
  std::unique_ptr<ledger::LedgerStore> store_;
  const Hasher& hasher_;
  const openssl::OpenSslEd25519Verifier verifier_;
  ReadOnlyMark mark_;
  admin::LedgerReader reader_;
};

class SpireWorkload final : public WorkloadSource {
 public:
  explicit SpireWorkload(int fd) : client_(fd) {}

  Status WatchX509(std::int64_t timeout_millis, const OnUpdate& on_update) override {
    return client_.WatchX509(timeout_millis, [&](spire::X509Update update) {
      std::vector<WorkloadX509> svids;
      for (spire::X509Svid& svid : update.svids) {
        svids.push_back({.spiffe_id = std::move(svid.spiffe_id),
                         .chain_der = std::move(svid.chain_der),
                         .key_der = std::move(svid.key_der),
                         .bundle_der = std::move(svid.bundle_der)});
      }
      return on_update(std::move(svids));
    });
  }
  StatusOr<std::vector<WorkloadJwt>> FetchJwt(std::span<const std::string> audience,
                                              std::int64_t timeout_millis) override {
    SVIDENCE_ASSIGN_OR_RETURN(std::vector<spire::JwtSvid> fetched,
                              client_.FetchJwt(audience, std::string(), timeout_millis));
    std::vector<WorkloadJwt> svids;
    svids.reserve(fetched.size());
    for (spire::JwtSvid& svid : fetched) {
      svids.push_back({.spiffe_id = std::move(svid.spiffe_id), .token = std::move(svid.token)});
    }
    return svids;
  }

 private:
  spire::WorkloadClient client_;
};

}  // namespace

std::vector<std::string> SocketCandidates(
    const std::function<std::optional<std::string>(const char*)>& variable, Access access) {
  if (const auto set = variable("SVIDENCE_SOCKET"); set && !set->empty()) return {*set};
  std::vector<std::string> directories;
  // systemd gives a list with colons; the first is where the server's sockets are.
  if (const auto set = variable("RUNTIME_DIRECTORY"); set && !set->empty()) {
    directories.push_back(set->substr(0, set->find(':')));
  }
  if (const auto set = variable("XDG_RUNTIME_DIR"); set && !set->empty()) {
    directories.push_back(*set + "/svidence");
  }
  directories.emplace_back("/run/svidence");
  std::vector<std::string> candidates;
  for (const std::string& directory : directories) {
    candidates.push_back(directory + "/admin.sock");
    if (access == Access::kRead) candidates.push_back(directory + "/read.sock");
  }
  return candidates;
}

StatusOr<std::unique_ptr<admin::Backend>> ConnectServer(
    const std::string& socket, Access access,
    const std::function<std::optional<std::string>(const char*)>& variable) {
  if (!socket.empty()) return ConnectOne(socket);
  Status first = OkStatus();
  for (const std::string& candidate : SocketCandidates(variable, access)) {
    StatusOr<std::unique_ptr<admin::Backend>> connected = ConnectOne(candidate);
    if (connected.ok()) return connected;
    // Whom admin.sock refuses, read.sock may serve. What is there and refuses
    // says more than what is not there.
    const bool says_more =
        first.code() == StatusCode::kNotFound && connected.status().code() != StatusCode::kNotFound;
    if (first.ok() || says_more) first = connected.status();
  }
  return first;
}

StatusOr<std::unique_ptr<admin::LedgerView>> OpenLedgerDirectory(const std::string& given,
                                                                 const Hasher& hasher) {
  const std::string dir = WithoutSlash(given);
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<sqlite::LedgerStore> store,
                            sqlite::LedgerStore::OpenReadOnly(dir + '/' + sqlite::kLedgerFile));
  return std::unique_ptr<admin::LedgerView>(
      std::make_unique<FileLedger>(std::move(store), hasher, dir));
}

StatusOr<std::optional<ledger::HighWaterMark>> ReadMarkBeside(const std::string& dir) {
  ReadOnlyMark mark(WithoutSlash(dir) + kMarkSuffix);
  return ledger::ReadMark(mark);
}

StatusOr<std::unique_ptr<WorkloadSource>> ConnectWorkloadApi(const std::string& socket) {
  SVIDENCE_ASSIGN_OR_RETURN(linux_os::UniqueFd fd,
                            linux_os::ConnectUnixSocket(socket, "SPIRE agent", kAgentFix));
  return std::unique_ptr<WorkloadSource>(std::make_unique<SpireWorkload>(fd.Release()));
}

}  // namespace svidence::cli
