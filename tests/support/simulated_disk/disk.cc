#include "tests/support/simulated_disk/disk.h"

#include <algorithm>
#include <random>
#include <utility>

namespace svidence::testing {
namespace {

void Apply(const PendingChange& change, std::string& content) {
  if (change.truncates) return content.resize(change.offset);
  content.resize(std::max(content.size(), change.offset + change.bytes.size()));
  content.replace(change.offset, change.bytes.size(), change.bytes);
}

void ApplyTo(SimulatedFile& file, PendingChange change) {
  Apply(change, file.now);
  file.pending.push_back(std::move(change));
}

std::size_t UpTo(std::mt19937_64& random, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(0, most)(random);
}

// The contents after none, one, two ... of the pending changes.
std::vector<std::string> Versions(const SimulatedFile& file) {
  std::vector<std::string> versions{file.synced};
  for (const PendingChange& change : file.pending) {
    versions.push_back(versions.back());
    Apply(change, versions.back());
  }
  return versions;
}

// Each block of one version, and the length of any.
std::string Mixed(const std::vector<std::string>& versions, std::size_t block,
                  std::mt19937_64& random) {
  const auto any = [&]() -> const std::string& {
    return versions[UpTo(random, versions.size() - 1)];
  };
  std::string mixed(any().size(), '\0');
  for (std::size_t at = 0; at < mixed.size(); at += block) {
    const std::string& version = any();
    if (at >= version.size()) continue;
    const std::size_t size = std::min({block, version.size() - at, mixed.size() - at});
    mixed.replace(at, size, version, at, size);
  }
  return mixed;
}

std::string Surviving(const SimulatedFile& file, const Cut& cut, std::mt19937_64& random) {
  if (cut.keeps == Cut::Keeps::kNothing || file.pending.empty()) return file.synced;
  const std::vector<std::string> versions = Versions(file);
  if (cut.keeps == Cut::Keeps::kEverything) return versions.back();
  if (cut.keeps == Cut::Keeps::kPrefix) return versions[UpTo(random, versions.size() - 1)];
  return Mixed(versions, cut.block, random);
}

}  // namespace

std::vector<Cut> AllCuts(std::uint64_t seed, std::size_t of_each) {
  std::vector<Cut> cuts{{.keeps = Cut::Keeps::kNothing}, {.keeps = Cut::Keeps::kEverything}};
  for (std::size_t k = 0; k < of_each; ++k) {
    const std::uint64_t own = seed * 1000 + k;
    cuts.push_back({.keeps = Cut::Keeps::kPrefix, .seed = own});
    cuts.push_back({.keeps = Cut::Keeps::kBlocks, .block = 4096, .seed = own});
    cuts.push_back({.keeps = Cut::Keeps::kBlocks, .block = 512, .seed = own});
  }
  return cuts;
}

std::string NameOf(const Cut& cut) {
  switch (cut.keeps) {
    case Cut::Keeps::kNothing:
      return "nothing kept";
    case Cut::Keeps::kEverything:
      return "everything kept";
    case Cut::Keeps::kPrefix:
      return "a prefix kept, seed " + std::to_string(cut.seed);
    case Cut::Keeps::kBlocks:
      return "blocks of " + std::to_string(cut.block) + " kept, seed " + std::to_string(cut.seed);
  }
  return {};
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::Copy() const {
  const std::lock_guard lock(mutex_);
  auto copy = std::make_unique<SimulatedDisk>();
  std::map<const SimulatedFile*, FilePtr> copies;
  const auto copy_of = [&copies](const FilePtr& file) -> FilePtr {
    if (file == nullptr) return nullptr;
    FilePtr& made = copies[file.get()];
    if (made == nullptr) made = std::make_shared<SimulatedFile>(*file);
    return made;
  };
  for (const auto& [name, file] : now_) copy->now_[name] = copy_of(file);
  for (const auto& [name, file] : synced_) copy->synced_[name] = copy_of(file);
  for (const NameChange& change : pending_) {
    copy->pending_.push_back({change.name, copy_of(change.file), change.gone});
  }
  return copy;
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::AfterPowerCut(const Cut& cut) const {
  std::unique_ptr<SimulatedDisk> after = Copy();
  std::mt19937_64 random(cut.seed);
  Directory names = after->synced_;
  const std::size_t prefix =
      cut.keeps == Cut::Keeps::kPrefix ? UpTo(random, after->pending_.size()) : 0;
  for (std::size_t k = 0; k < after->pending_.size(); ++k) {
    const bool kept = cut.keeps == Cut::Keeps::kEverything || k < prefix ||
                      (cut.keeps == Cut::Keeps::kBlocks && UpTo(random, 1) == 1);
    if (kept) Apply(after->pending_[k], names);
  }
  std::map<const SimulatedFile*, FilePtr> survivors;
  for (auto& [name, file] : names) {
    FilePtr& survivor = survivors[file.get()];
    if (survivor == nullptr) {
      const std::string content = Surviving(*file, cut, random);
      survivor = std::make_shared<SimulatedFile>(
          SimulatedFile{.now = content, .synced = content, .pending = {}, .name_synced = true});
    }
    file = survivor;
  }
  after->now_ = names;
  after->synced_ = std::move(names);
  after->pending_.clear();
  return after;
}

void SimulatedDisk::SetHook(Hook hook) {
  const std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

void SimulatedDisk::LieAboutSyncsOf(std::string suffix) {
  const std::lock_guard lock(mutex_);
  lies_about_ = std::move(suffix);
}

std::size_t SimulatedDisk::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

std::shared_ptr<SimulatedFile> SimulatedDisk::Find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = now_.find(name);
  return found == now_.end() ? nullptr : found->second;
}

std::vector<std::string> SimulatedDisk::Names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, file] : now_) names.push_back(name);
  return names;
}

// Without the lock: the hook may copy the disk.
DiskFault SimulatedDisk::Ask(DiskOp op, std::string_view name) {
  Hook hook;
  std::size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    hook = hook_;
    number = ++operations_;
  }
  return hook ? hook(number, op, name) : DiskFault::kNone;
}

void SimulatedDisk::Apply(const NameChange& change, Directory& names) {
  if (!change.gone.empty()) names.erase(change.gone);
  if (change.file == nullptr) {
    names.erase(change.name);
  } else {
    names[change.name] = change.file;
  }
}

DiskFault SimulatedDisk::Create(const std::string& name, std::shared_ptr<SimulatedFile>& made) {
  const DiskFault fault = Ask(DiskOp::kCreate, name);
  if (fault != DiskFault::kNone) return fault;
  const std::lock_guard lock(mutex_);
  made = std::make_shared<SimulatedFile>();
  pending_.push_back({name, made, {}});
  Apply(pending_.back(), now_);
  return fault;
}

DiskFault SimulatedDisk::Write(const std::string& name, SimulatedFile& file, std::size_t offset,
                               std::string_view bytes) {
  const DiskFault fault = Ask(DiskOp::kWrite, name);
  if (fault != DiskFault::kNone) bytes = bytes.substr(0, bytes.size() / 2);
  const std::lock_guard lock(mutex_);
  if (!bytes.empty()) ApplyTo(file, {.offset = offset, .bytes = std::string(bytes)});
  return fault;
}

DiskFault SimulatedDisk::Truncate(const std::string& name, SimulatedFile& file, std::size_t size) {
  const DiskFault fault = Ask(DiskOp::kTruncate, name);
  if (fault != DiskFault::kNone) return fault;
  const std::lock_guard lock(mutex_);
  ApplyTo(file, {.offset = size, .truncates = true});
  return fault;
}

DiskFault SimulatedDisk::Sync(const std::string& name, SimulatedFile& file) {
  const DiskFault fault = Ask(DiskOp::kSync, name);
  const std::lock_guard lock(mutex_);
  if (!lies_about_.empty() && name.ends_with(lies_about_)) return DiskFault::kNone;
  if (fault == DiskFault::kNone) {
    for (const PendingChange& change : file.pending) testing::Apply(change, file.synced);
  }
  file.pending.clear();
  return fault;
}

DiskFault SimulatedDisk::SyncDirectory() {
  const DiskFault fault = Ask(DiskOp::kSyncDirectory, {});
  if (fault != DiskFault::kNone) return fault;
  const std::lock_guard lock(mutex_);
  synced_ = now_;
  pending_.clear();
  return fault;
}

DiskFault SimulatedDisk::Delete(const std::string& name) {
  const DiskFault fault = Ask(DiskOp::kDelete, name);
  if (fault != DiskFault::kNone) return fault;
  const std::lock_guard lock(mutex_);
  pending_.push_back({name, nullptr, {}});
  Apply(pending_.back(), now_);
  return fault;
}

DiskFault SimulatedDisk::Rename(const std::string& from, const std::string& to) {
  const DiskFault fault = Ask(DiskOp::kRename, from);
  if (fault != DiskFault::kNone) return fault;
  const std::lock_guard lock(mutex_);
  pending_.push_back({to, now_.at(from), from});
  Apply(pending_.back(), now_);
  return fault;
}

std::string SimulatedDisk::Read(const SimulatedFile& file, std::size_t offset,
                                std::size_t size) const {
  const std::lock_guard lock(mutex_);
  return offset >= file.now.size() ? std::string() : file.now.substr(offset, size);
}

std::size_t SimulatedDisk::SizeOf(const SimulatedFile& file) const {
  const std::lock_guard lock(mutex_);
  return file.now.size();
}

}  // namespace svidence::testing
