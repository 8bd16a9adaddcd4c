// Who waits for whom in a daemon: the main thread for links and for their end,
// a new shim for the old one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "plugin/adapters/linux/shim_link.h"

namespace svidence::daemon {

// Why a link is over.
enum class End : std::uint8_t {
  kShutdown,   // the host has called Shutdown and has its answer
  kGone,       // the shim has said goodbye, or is dead
  kTerminate,  // this process was asked to end
};

// Thread-safe. One link is served at a time: two SPIREs that configured one
// daemon would take it away from each other.
class Switchboard {
 public:
  // Hands a new link to TakeLink(). Waits `patience` while another is served, as
  // a SPIRE that starts anew may come before its predecessor's end was noticed.
  // Gives the link back if it stays busy.
  std::unique_ptr<linux_os::ShimLink> OfferLink(std::unique_ptr<linux_os::ShimLink> link,
                                                std::chrono::milliseconds patience);
  // Waits for a link, which is served from now until LinkDone(). Null if the
  // process is to end.
  std::unique_ptr<linux_os::ShimLink> TakeLink();

  // Says why the link that is served must end; the first word counts.
  void EndLink(End why);
  // Ends the link, if any, and makes TakeLink() give null.
  void Terminate();
  // Waits for either.
  End WaitForEnd();
  // The link that was taken is no longer served.
  void LinkDone();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<linux_os::ShimLink> offered_;
  bool serving_ = false;
  bool terminating_ = false;
  std::optional<End> end_;
};

}  // namespace svidence::daemon
