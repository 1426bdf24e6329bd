// HTTP for the loop: libcurl's socket interface on epoll.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "engine/io/curl_options.h"
#include "engine/io/curl_transfer.h"
#include "engine/io/origin.h"
#include "engine/io/poller.h"
#include "engine/ports.h"
#include "engine/result.h"

namespace pawl {

/// libcurl as a whole, ready while it lives; several may live at once.
class CurlLibrary final {
 public:
  CurlLibrary();
  ~CurlLibrary();
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;
};

/// All calls go to one origin, by one thread. Certificates are always verified, TLS is 1.2 or
/// later, no redirect is followed (a 3xx is an answer), environment proxies count except for a
/// loopback origin. Delivery::not_sent is said only when libcurl had not begun to write. The
/// process ignores SIGPIPE, as StopSignals has it do: libcurl is told to leave signals alone.
class CurlClient final : public HttpClient {
 public:
  /// `clock` and `authorizer` (null: calls prove nothing) outlive the client. A base_url that
  /// parse_origin refuses is its error; nothing is connected yet.
  static Result<std::unique_ptr<CurlClient>> open(CurlOptions options, Clock& clock,
                                                  Authorizer* authorizer);
  /// Drops what is in flight; see Delivery::unknown.
  ~CurlClient() override;

  std::size_t idle() const override;
  /// The call leaves within the next wait(). Authorizer headers that could not be sent as they are
  /// (a line break in them) keep it back: not_sent.
  void start(Ticket ticket, const Call& call, Instant send_by) override;
  /// Sleeps at most some seconds at a stretch, so that waking from a suspended machine is noticed.
  void wait(Instant until, std::vector<Completion>& done) override;

  /// From now on wait() also returns while `descriptor` is readable; it reads nothing from it, so
  /// the caller empties it. The descriptor outlives the client.
  void watch(int descriptor);
  /// Readable while a wait() would have something to do but for its timers; another client may
  /// watch it.
  int descriptor() const { return poller_.descriptor(); }

 private:
  using Monotonic = std::chrono::steady_clock;

  CurlClient(CurlOptions options, Origin origin, Clock& clock, Authorizer* authorizer);

  CurlTransfer& free_transfer();
  bool may_share(const Call& call, Instant now) const;
  void add(const CurlTransfer& transfer);
  void refuse(Ticket ticket, std::string why);
  bool poll(Duration longest);
  void run_due_timer();
  void act(int descriptor, int readiness);
  void collect(std::vector<Completion>& done);

  static int on_socket(void* easy, int descriptor, int what, void* self, void*) noexcept;
  static int on_timer(void* multi, long milliseconds, void* self) noexcept;

  const CurlLibrary library_;
  const CurlOptions options_;
  const Origin origin_;
  Clock& clock_;
  Authorizer* const authorizer_;
  Poller poller_;
  std::vector<int> watched_;
  std::optional<Monotonic::time_point> timer_;  ///< when libcurl wants to be called
  Instant shares_from_{};                       ///< when calls may share a connection, again
  OpenSockets sockets_{poller_};
  std::vector<std::unique_ptr<CurlTransfer>> transfers_;
  std::vector<CurlTransfer*> free_;
  std::vector<Completion> refused_;  ///< ended before they began; the next wait() hands them out
  void* const multi_;
};

}  // namespace pawl
