#include "plugin/shim/control_link.h"

#include "plugin/shim/packet.h"

namespace svidence::shim {
namespace {

using Kind = LinkEvent::Kind;

Sent AsSent(int error) {
  if (error == 0) return Sent::kYes;
  return IsTransient(error) ? Sent::kFull : Sent::kClosed;
}

LinkEvent Of(Kind kind, std::string text = {}) {
  return {.kind = kind, .text = std::move(text), .state = Fd()};
}

LinkEvent OfPacket(Packet packet) {
  Fd fd(packet.fd);
  switch (packet.type) {
    case MessageType::kReady:
      return Of(Kind::kReady);
    case MessageType::kHeartbeat:
      return Of(Kind::kHeartbeat);
    case MessageType::kTaken:
      return Of(Kind::kTaken);
    case MessageType::kShutdown:
      return Of(Kind::kShutdown);
    case MessageType::kFailed:
      return Of(Kind::kFailed, std::move(packet.text));
    case MessageType::kState: {
      std::string problem = FindStateProblem(fd.get());
      if (!problem.empty()) return Of(Kind::kIgnored, std::move(problem));
      return {.kind = Kind::kState, .text = {}, .state = std::move(fd)};
    }
    case MessageType::kHello:
    case MessageType::kConnection:
    case MessageType::kGoodbye:
      break;
  }
  return Of(Kind::kBroken, "the daemon sent message " +
                               std::to_string(static_cast<unsigned>(packet.type)) +
                               ", which is none of a daemon");
}

}  // namespace

Sent ControlLink::SendHello(std::string_view plugin_type, int state) {
  return AsSent(SendPacket(socket_.get(), MessageType::kHello, plugin_type, state));
}

Sent ControlLink::SendConnection(int connection) {
  return AsSent(SendPacket(socket_.get(), MessageType::kConnection, {}, connection));
}

Sent ControlLink::SendGoodbye() { return AsSent(SendPacket(socket_.get(), MessageType::kGoodbye)); }

LinkEvent ControlLink::Receive() {
  Received received = ReceivePacket(socket_.get());
  switch (received.arrival) {
    case Arrival::kNothing:
      return Of(Kind::kNothing);
    case Arrival::kClosed:
      return Of(Kind::kClosed);
    case Arrival::kBad:
      return Of(Kind::kBroken, std::move(received.problem));
    case Arrival::kFdLost:
      return Of(Kind::kIgnored, "the shim is out of descriptors: a saved state is lost");
    case Arrival::kPacket:
      break;
  }
  return OfPacket(std::move(received.packet));
}

}  // namespace svidence::shim
