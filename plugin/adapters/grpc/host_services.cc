#include "plugin/adapters/grpc/host_services.h"

namespace svidence {

void HostServicesRecord::SetNames(std::vector<std::string> names) {
  std::erase_if(names, [](const std::string& name) {
    return name.empty() || name.size() > kMaxHostServiceNameBytes;
  });
  if (names.size() > kMaxHostServices) names.resize(kMaxHostServices);
  HostServices now;
  {
    const std::lock_guard lock(mutex_);
    if (known_.names == names) return;
    known_.names = std::move(names);
    now = known_;
  }
  changed_(now);
}

bool HostServicesRecord::SetAddress(const std::string& address) {
  if (!address.starts_with('/') || address.size() > kMaxSocketPathBytes) return false;
  HostServices now;
  {
    const std::lock_guard lock(mutex_);
    if (known_.address == address) return true;
    known_.address = address;
    now = known_;
  }
  changed_(now);
  return true;
}

HostServices HostServicesRecord::Get() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

}  // namespace svidence
