#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/sqlite/database.h"
#include "tests/bench/loads.h"

namespace svidence::bench {
namespace {

using Clock = std::chrono::steady_clock;

double MicrosSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

// The bytes that an entry of ours has.
StatusOr<std::vector<std::string>> Bodies(const Hasher& hasher, const Load& load) {
  std::vector<std::string> bodies;
  bodies.reserve(load.entries);
  for (std::size_t number = 0; number < load.entries; ++number) {
    SVIDENCE_ASSIGN_OR_RETURN(std::string body, ledger::RenderEntry(DraftOf(hasher, load, number),
                                                                    {.index = number + 1,
                                                                     .at_millis = 1'795'456'800'000,
                                                                     .subject_prev = number}));
    bodies.push_back(std::move(body));
  }
  return bodies;
}

// One thread writes what the callers have handed it, and syncs once for all.
class SyncedFile {
 public:
  explicit SyncedFile(linux_os::UniqueFd fd)
      : fd_(std::move(fd)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  // Returns when the bytes are durable.
  bool Append(std::string_view bytes) {
    std::unique_lock lock(mutex_);
    waiting_.append(bytes);
    const std::uint64_t mine = next_round_;
    work_.notify_one();
    done_.wait(lock, [&] { return durable_round_ >= mine || failed_; });
    return !failed_;
  }

 private:
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    std::string batch;
    while (work_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
      batch.clear();
      std::swap(batch, waiting_);
      const std::uint64_t round = next_round_++;
      lock.unlock();
      const bool ok =
          write(fd_.get(), batch.data(), batch.size()) == static_cast<ssize_t>(batch.size()) &&
          fdatasync(fd_.get()) == 0;
      lock.lock();
      durable_round_ = round;
      failed_ = failed_ || !ok;
      done_.notify_all();
    }
  }

  const linux_os::UniqueFd fd_;
  std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable done_;
  std::string waiting_;
  std::uint64_t next_round_ = 1;
  std::uint64_t durable_round_ = 0;
  bool failed_ = false;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace

StatusOr<Figures> InsertRows(const Load& load) {
  SVIDENCE_ASSIGN_OR_RETURN(const openssl::OpenSslHasher hasher, openssl::OpenSslHasher::Create());
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<std::string> bodies, Bodies(hasher, load));
  SVIDENCE_ASSIGN_OR_RETURN(sqlite::Database db, sqlite::Database::Open(load.directory + "/rows.db",
                                                                        sqlite::OpenMode::kCreate));
  SVIDENCE_RETURN_IF_ERROR(db.Execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = -1;"
      "CREATE TABLE entries(i INTEGER PRIMARY KEY, leaf BLOB NOT NULL, body BLOB NOT NULL);"));
  SVIDENCE_ASSIGN_OR_RETURN(sqlite::Statement begin, db.Prepare("BEGIN IMMEDIATE"));
  SVIDENCE_ASSIGN_OR_RETURN(sqlite::Statement insert,
                            db.Prepare("INSERT INTO entries(i, leaf, body) VALUES(?, ?, ?)"));
  SVIDENCE_ASSIGN_OR_RETURN(sqlite::Statement commit, db.Prepare("COMMIT"));
  const std::string leaf(32, 'l');
  std::vector<double> micros;
  const Clock::time_point started = Clock::now();
  for (std::size_t first = 0; first < load.entries; first += load.batch) {
    const Clock::time_point batch = Clock::now();
    SVIDENCE_RETURN_IF_ERROR(begin.Run());
    for (std::size_t i = first; i < std::min(first + load.batch, load.entries); ++i) {
      SVIDENCE_RETURN_IF_ERROR(insert.BindInt64(1, static_cast<std::int64_t>(i)));
      SVIDENCE_RETURN_IF_ERROR(insert.BindBlob(2, leaf));
      SVIDENCE_RETURN_IF_ERROR(insert.BindBlob(3, bodies[i]));
      SVIDENCE_RETURN_IF_ERROR(insert.Run());
    }
    SVIDENCE_RETURN_IF_ERROR(commit.Run());
    micros.push_back(MicrosSince(batch));
  }
  const double seconds = MicrosSince(started) / 1e6;
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t rows, db.QueryInt64("SELECT count(*) FROM entries"));
  if (rows != static_cast<std::int64_t>(load.entries)) return Internal("rows are missing");
  return FiguresOf(micros, load.entries, seconds);
}

StatusOr<Figures> GroupCommit(const Load& load) {
  SVIDENCE_ASSIGN_OR_RETURN(const openssl::OpenSslHasher hasher, openssl::OpenSslHasher::Create());
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<std::string> bodies, Bodies(hasher, load));
  linux_os::UniqueFd fd(open((load.directory + "/file").c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (fd.get() < 0) return Unavailable("the file cannot be made");
  SyncedFile file(std::move(fd));
  std::vector<std::vector<double>> micros(load.batch);
  std::atomic<bool> failed = false;
  const Clock::time_point started = Clock::now();
  {
    std::vector<std::jthread> callers;
    for (std::size_t caller = 0; caller < load.batch; ++caller) {
      callers.emplace_back([&, caller] {
        for (std::size_t i = caller; i < load.entries; i += load.batch) {
          const Clock::time_point begin = Clock::now();
          if (!file.Append(bodies[i])) failed = true;
          micros[caller].push_back(MicrosSince(begin));
        }
      });
    }
  }
  const double seconds = MicrosSince(started) / 1e6;
  if (failed) return Unavailable("the file could not be written");
  std::vector<double> all;
  for (const std::vector<double>& of : micros) all.insert(all.end(), of.begin(), of.end());
  return FiguresOf(all, load.entries, seconds);
}

}  // namespace svidence::bench
