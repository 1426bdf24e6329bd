// The sockets that libcurl has open and may use again, told apart by their local ports.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/io/poller.h"

namespace pawl {

/// Answers what libcurl 7.88 does not ask: whether a connection that is about to be used again
/// holds bytes already. They answer no call, but would be read as the answer to the next one.
class OpenSockets final {
 public:
  /// `poller` hears of each that is closed, and outlives this.
  explicit OpenSockets(Poller& poller) : poller_(poller) {}
  OpenSockets(const OpenSockets&) = delete;
  OpenSockets& operator=(const OpenSockets&) = delete;

  void opened(int socket);
  /// To be told of a socket of libcurl's before it is closed, or else before its number is opened.
  void closed(int socket);
  bool has(int descriptor);
  /// Whether something can be read from the connection with this local port; the end of the
  /// stream does not count.
  bool has_unread(int local_port);

 private:
  struct Socket {
    int descriptor;
    int port;  ///< 0 until it is asked for
  };
  std::vector<Socket>::iterator find(int descriptor);

  Poller& poller_;
  std::vector<Socket> sockets_;
};

}  // namespace pawl
