// The stand-in behind its socket, in this process, and clients that send whatever bytes they like.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cli/simulate/server.h"

namespace pawl::test {

/// Serves in a thread of its own until the end of its life.
class Served final {
 public:
  explicit Served(simulate::Settings settings);
  ~Served();
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  std::uint16_t port() const { return server_->port(); }

 private:
  std::unique_ptr<simulate::Server> server_;
  int stop_;
  std::thread thread_;
};

/// One connection of bare bytes. What takes longer than ten seconds fails the test.
class Wire final {
 public:
  explicit Wire(const Served& served);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// False when the other side takes no more.
  bool send(const std::string& bytes);
  /// No more comes from this side.
  void end();
  /// What has come by the time that the other side closed; at most `most` bytes.
  std::string rest(std::size_t most = 1U << 20U);
  /// What has come so far, without waiting for more.
  std::string so_far();
  /// One head and the body that its Content-Length names.
  struct Answer {
    std::string head, body;
    bool whole = false;  ///< the body is as long as the head says
  };
  Answer answer();

 private:
  bool read_more(int flags = 0);
  int socket_;
  std::string read_;
};

/// "GET /path" over a connection of its own.
Wire::Answer get(const Served& served, const std::string& path, const std::string& headers = "");

}  // namespace pawl::test
