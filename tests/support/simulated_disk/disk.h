// A disk in memory that can lose power.
//
// What was synced survives. Of what was only written survives what a Cut says: any
// version of each block, as a disk that reorders and tears writes leaves it. The same
// for names in the directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace svidence::testing {

// One change that nothing has made durable yet.
struct PendingChange {
  std::size_t offset = 0;  // or the new size, of a truncation
  std::string bytes{};
  bool truncates = false;
};

struct SimulatedFile {
  std::string now;     // what a reader gets
  std::string synced;  // what the disk surely holds
  std::vector<PendingChange> pending;
  bool name_synced = false;  // as SQLite's own VFS remembers it for a new log or journal
};

enum class DiskOp { kCreate, kWrite, kSync, kTruncate, kDelete, kRename, kSyncDirectory };

// What the next operation meets. A sync that fails leaves pages that a reader still
// gets and that no later sync writes: what Linux does.
enum class DiskFault { kNone, kIo, kFull };

// Which of the un-synced changes survive.
struct Cut {
  enum class Keeps {
    kNothing,
    kEverything,
    kPrefix,  // the first so many changes of each file
    kBlocks,  // of each block any version, of each name any
  };
  Keeps keeps = Keeps::kNothing;
  std::size_t block = 4096;  // of kBlocks: what is written whole; 512 tears pages
  std::uint64_t seed = 1;
};
// The one of every kind, several of those with a seed.
std::vector<Cut> AllCuts(std::uint64_t seed, std::size_t of_each);
std::string NameOf(const Cut& cut);

// Thread-safe, but for copying, which must meet no operation under way.
class SimulatedDisk {
 public:
  // Called before each operation that changes something, with its number from 1.
  using Hook = std::function<DiskFault(std::size_t number, DiskOp op, std::string_view name)>;

  SimulatedDisk() = default;
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  // The same disk under a new process: all that was written is there, what was not
  // synced can still be lost.
  std::unique_ptr<SimulatedDisk> Copy() const;
  // The disk after a power cut.
  std::unique_ptr<SimulatedDisk> AfterPowerCut(const Cut& cut) const;

  void SetHook(Hook hook);
  // A bug to plant: syncs of files whose name ends so do nothing and say OK.
  void LieAboutSyncsOf(std::string suffix);
  std::size_t operations() const;

  // Null if there is none of that name.
  std::shared_ptr<SimulatedFile> Find(const std::string& name) const;
  std::vector<std::string> Names() const;

  // Each may meet a fault. A write that does so has written half.
  DiskFault Create(const std::string& name, std::shared_ptr<SimulatedFile>& made);
  DiskFault Write(const std::string& name, SimulatedFile& file, std::size_t offset,
                  std::string_view bytes);
  DiskFault Truncate(const std::string& name, SimulatedFile& file, std::size_t size);
  DiskFault Sync(const std::string& name, SimulatedFile& file);
  DiskFault SyncDirectory();
  DiskFault Delete(const std::string& name);
  DiskFault Rename(const std::string& from, const std::string& to);

  // Of `file`, `size` bytes at `offset` as a reader gets them; fewer at its end.
  std::string Read(const SimulatedFile& file, std::size_t offset, std::size_t size) const;
  std::size_t SizeOf(const SimulatedFile& file) const;

 private:
  using FilePtr = std::shared_ptr<SimulatedFile>;
  using Directory = std::map<std::string, FilePtr>;
  struct NameChange {
    std::string name;
    FilePtr file;      // null: the name is gone
    std::string gone;  // of a rename: the old name
  };

  DiskFault Ask(DiskOp op, std::string_view name);
  static void Apply(const NameChange& change, Directory& names);

  mutable std::mutex mutex_;
  Hook hook_;
  std::string lies_about_;
  std::size_t operations_ = 0;
  Directory now_;
  Directory synced_;
  std::vector<NameChange> pending_;
};

}  // namespace svidence::testing
