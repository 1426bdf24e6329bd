// The sockets that libcurl has open, told apart by their local ports.
#pragma once

#include <cstdint>
#include <vector>

namespace pawl {

/// Answers what libcurl 7.88 does not ask: whether a connection that is about to be used again
/// holds bytes already. They answer no call, but would be read as the answer to the next one.
class OpenSockets final {
 public:
  OpenSockets() = default;
  OpenSockets(const OpenSockets&) = delete;
  OpenSockets& operator=(const OpenSockets&) = delete;

  void opened(int socket);
  void closed(int socket);
  /// Whether something can be read from the connection with this local port; the end of the
  /// stream does not count.
  bool has_unread(int local_port);

 private:
  struct Socket {
    int descriptor;
    int port;  ///< 0 until it is asked for
  };
  std::vector<Socket> sockets_;
};

}  // namespace pawl
