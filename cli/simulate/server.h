// The model behind a socket of this machine.
#pragma once

#include <cstdint>
#include <memory>

#include "cli/log.h"
#include "cli/simulate/settings.h"
#include "engine/result.h"

namespace pawl::simulate {

class Server final {
 public:
  /// Listens on 127.0.0.1. Fault::usage when the port cannot be had.
  static Result<std::unique_ptr<Server>> listen(const Settings& settings);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  /// Serves, in this one thread, until `stop` can be read.
  void serve_until_readable(int stop);

 private:
  struct Inside;
  explicit Server(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

/// Serves until SIGINT or SIGTERM comes. Says on stdout where it listens once it does. Fault::usage
/// when the port cannot be had.
Outcome serve_until_stopped(const Settings& settings, const Log& log);

}  // namespace pawl::simulate
