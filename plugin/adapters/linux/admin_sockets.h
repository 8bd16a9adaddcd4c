// The two Unix sockets on which a server hears its administrators.
//
// `<dir>/admin.sock` has mode 0660 and this process's group: who can connect is
// an administrator. `<dir>/read.sock` is for those who may only look: whoever
// may enter the directory, where that is closed to others, else the same group.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/dir_lock.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/adapters/linux/unix_socket.h"

namespace svidence::linux_os {

// Per socket, so that readers cannot keep administrators out.
constexpr std::size_t kMaxAdminConnections = 16;

// All run on the sockets' own thread and must not block.
struct AdminHandlers {
  // Owns the descriptor. Until on_closed has named its number, the number stands
  // for this peer.
  std::function<void(UniqueFd, const Peer&, bool may_write)> on_connection;
  std::function<void(int fd)> on_closed;
  // One connection too many, or an accept that failed. For the log.
  std::function<void(const Status&)> on_refused;
};

class AdminSockets {
 public:
  // Makes `dir` (0750) if need be, takes its lock, and replaces sockets that a
  // dead server left there: at no moment is there a socket nobody listens on.
  //
  // Errors: FailedPrecondition if another process has the lock, if `dir` belongs
  //         to neither this user nor root, or if others may write to it;
  //         InvalidArgument if its path is too long; those of ErrnoStatus.
  static StatusOr<std::unique_ptr<AdminSockets>> Open(const std::string& dir);

  // Ends the thread and removes the sockets; connections live on.
  ~AdminSockets();
  AdminSockets(const AdminSockets&) = delete;
  AdminSockets& operator=(const AdminSockets&) = delete;

  // Starts to accept. Call once.
  // Errors: ResourceExhausted without a thread.
  Status Start(AdminHandlers handlers);

  const std::string& admin_path() const { return listeners_[0].path; }
  const std::string& read_path() const { return listeners_[1].path; }

 private:
  struct Listener {
    std::string path;
    bool may_write = false;
    UniqueFd fd;
  };
  struct Connection {
    UniqueFd watch;  // a second descriptor of the same socket: says when it ends
    int fd = -1;     // the number that on_connection was given
    bool may_write = false;
  };

  AdminSockets(DirLock lock, std::vector<Listener> listeners, UniqueFd wake);

  void Run();
  void AcceptOne(const Listener& listener);
  // The wake event, the listeners, the connections: in this order.
  std::vector<pollfd> WhatToPoll() const;
  // `answers` are those of the connections.
  void DropClosed(std::span<const pollfd> answers);
  void TouchFiles() const;
  StatusOr<UniqueFd> Duplicate(int fd);

  const DirLock lock_;
  const std::vector<Listener> listeners_;
  const UniqueFd wake_;
  AdminHandlers handlers_;
  std::vector<Connection> connections_;
  int next_number_ = 0;
  std::thread thread_;
};

}  // namespace svidence::linux_os
