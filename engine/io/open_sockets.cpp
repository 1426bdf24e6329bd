#include "engine/io/open_sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace pawl {
namespace {

int local_port(int socket) {
  sockaddr_in6 address{};  // the port stands at one place in both families
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin6_port);
}

bool is_readable(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

void OpenSockets::opened(int socket) {
  sockets_.push_back({socket, 0});
}

std::vector<OpenSockets::Socket>::iterator OpenSockets::find(int descriptor) {
  return std::find_if(sockets_.begin(), sockets_.end(),
                      [descriptor](const Socket& s) { return s.descriptor == descriptor; });
}

bool OpenSockets::has(int descriptor) {
  return find(descriptor) != sockets_.end();
}

void OpenSockets::closed(int socket) {
  poller_.forget(socket);
  const auto at = find(socket);
  if (at == sockets_.end()) return;
  *at = sockets_.back();
  sockets_.pop_back();
}

bool OpenSockets::has_unread(int port) {
  // Two connections share a port where they go to two addresses; both are looked at then.
  return std::any_of(sockets_.begin(), sockets_.end(), [port](Socket& s) {
    if (s.port == 0) s.port = local_port(s.descriptor);
    return s.port == port && is_readable(s.descriptor);
  });
}

}  // namespace pawl
