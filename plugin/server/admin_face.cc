#include "plugin/server/admin_face.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"

namespace svidence::server {

StatusOr<std::unique_ptr<AdminFace>> AdminFace::Open(const std::string& runtime_dir,
                                                     admin::Backend& backend,
                                                     const NameDirectory& users) {
  std::unique_ptr<AdminFace> face(new AdminFace());
  SVIDENCE_ASSIGN_OR_RETURN(face->sockets_, linux_os::AdminSockets::Open(runtime_dir));
  SVIDENCE_ASSIGN_OR_RETURN(face->server_, AdminServer::Start(backend, users));
  AdminServer& server = *face->server_;
  SVIDENCE_RETURN_IF_ERROR(face->sockets_->Start(
      {.on_connection =
           [&server](linux_os::UniqueFd fd, const linux_os::Peer& peer, bool may_write) {
             server.Serve(fd.Release(), {.pid = peer.pid,
                                         .uid = peer.uid,
                                         .gid = peer.gid,
                                         .user = {},
                                         .may_write = may_write});
           },
       .on_closed = [&server](int fd) { server.Forget(fd); },
       .on_refused =
           [](const Status& why) {
             spdlog::warn("an administrator was not served reason={}", Quote(Message(why), 256));
           }}));
  return face;
}

AdminFace::~AdminFace() = default;

}  // namespace svidence::server
