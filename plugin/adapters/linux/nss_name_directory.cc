#include "plugin/adapters/linux/nss_name_directory.h"

#include <cerrno>
#include <system_error>
#include <vector>

#include <grp.h>
#include <pwd.h>

namespace svidence::linux_os {
namespace {

constexpr JobPoolLimits kLookingUp{
    .threads = 2, .jobs = 64, .jobs_of_one_owner = 4, .running_of_one_owner = 1};
constexpr std::size_t kFirstBufferBytes = 1024;
// A group with more members than fit here has no name for us.
constexpr std::size_t kMaxBufferBytes = std::size_t{1024} * 1024;

// `Record` is passwd or group, `get` its _r function. The buffer grows until
// the record, members of a group included, fits.
template <typename Record, typename Get>
StatusOr<std::optional<std::string>> LookUpRecord(Get get, char* Record::*name, std::uint32_t id) {
  std::vector<char> buffer(kFirstBufferBytes);
  while (true) {
    Record record{};
    Record* found = nullptr;
    const int error = get(id, &record, buffer.data(), buffer.size(), &found);
    if (error == EINTR) continue;
    if (error == ERANGE && buffer.size() < kMaxBufferBytes) {
      buffer.resize(buffer.size() * 4);
      continue;
    }
    if (found != nullptr) return std::optional<std::string>(found->*name);
    // "0 or ENOENT or ESRCH or EBADF or EPERM or ...: not found", getpwuid_r(3).
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) {
      return std::optional<std::string>();
    }
    return Unavailable("the name service: " + std::generic_category().message(error));
  }
}

}  // namespace

StatusOr<std::optional<std::string>> LookUpName(NameKind kind, std::uint32_t id) {
  return kind == NameKind::kUser ? LookUpRecord<passwd>(getpwuid_r, &passwd::pw_name, id)
                                 : LookUpRecord<group>(getgrgid_r, &group::gr_name, id);
}

NssNameDirectory::NssNameDirectory(const Clock& clock, LookUp look_up)
    : clock_(clock), look_up_(std::move(look_up)), known_(kMaxEntries), flights_(kLookingUp) {}

StatusOr<std::optional<std::string>> NssNameDirectory::UserName(std::uint32_t uid,
                                                                std::stop_token stop) const {
  return Find({NameKind::kUser, uid}, stop);
}

StatusOr<std::optional<std::string>> NssNameDirectory::GroupName(std::uint32_t gid,
                                                                 std::stop_token stop) const {
  return Find({NameKind::kGroup, gid}, stop);
}

NssNameDirectory::Answer NssNameDirectory::Find(const Key& key, const std::stop_token& stop) const {
  {
    const std::scoped_lock lock(mutex_);
    const Known* known = known_.Find(key);
    if (known != nullptr && clock_.MonotonicMillis() < known->until_millis) return known->answer;
  }
  Answer answer = flights_.Get(key, key.second, kPatience, stop,
                               [this, key](const std::stop_token& /*pool_stop*/) {
                                 Answer found = look_up_(key.first, key.second);
                                 Keep(key, found);
                                 return found;
                               });
  // Others need not wait as long for what is known to be down. A caller who
  // left early has learned nothing.
  if (answer.status().code() == StatusCode::kDeadlineExceeded && !stop.stop_requested()) {
    Keep(key, answer);
  }
  return answer;
}

void NssNameDirectory::Keep(const Key& key, const Answer& answer) const {
  std::int64_t keep = kFailureMillis;
  if (answer.ok()) keep = answer->has_value() ? kNameMillis : kNoNameMillis;
  const std::scoped_lock lock(mutex_);
  known_.Put(key, {.answer = answer, .until_millis = clock_.MonotonicMillis() + keep});
}

}  // namespace svidence::linux_os
