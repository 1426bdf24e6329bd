// A server of bare sockets: says whatever bytes a test wants, and breaks as the test wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pawl::test {

enum class Validity : std::uint8_t { today, until_yesterday, from_tomorrow };

/// A key with a certificate that it signed itself for `host` (a DNS name or an IP address).
class TlsIdentity final {
 public:
  explicit TlsIdentity(const std::string& host, Validity validity = Validity::today);
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

  /// The certificate as a PEM file, for whoever shall trust it; gone with this object.
  const std::string& file() const { return file_; }

 private:
  friend class RawServer;
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::string file_;
};

/// One accepted connection, used by its script alone. Reads and writes give up after ten seconds.
class Peer {
 public:
  virtual ~Peer() = default;
  /// Head and body (as Content-Length says) of the next request; nullopt when the client closed.
  virtual std::optional<std::string> read_request() = 0;
  /// False when the client is gone.
  virtual bool write(const std::string& bytes) = 0;
  /// Blocks until the client closes its end.
  virtual void wait_for_close() = 0;
  /// Waits as long, or until the client closes: true when it has.
  virtual bool closed_within(int milliseconds) = 0;
  /// The connection ends with RST instead of FIN.
  virtual void reset() = 0;
};

struct ServerOptions {
  const TlsIdentity* identity = nullptr;        ///< null: plain HTTP
  int tls_max = 0;                              ///< 0x0303 is TLS 1.2; 0: no limit
  std::function<void()> before_handshake = {};  ///< runs before each TLS handshake
  bool ipv6 = false;                            ///< listens on ::1 in place of 127.0.0.1
};

/// Runs `script` once for each connection, in a thread of its own, and closes it afterwards.
class RawServer final {
 public:
  using Script = std::function<void(Peer& peer, int connection)>;

  /// `connection` counts from 1. A failed TLS handshake runs no script.
  explicit RawServer(Script script, ServerOptions options = {});
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string url() const;  ///< "http://127.0.0.1:port", or https, or [::1]
  int port() const;

  struct Seen {
    std::vector<std::string> requests;  ///< in the order in which they were complete
    std::size_t connections = 0;
    std::size_t bytes = 0;     ///< all that was read, requests or not
    std::size_t together = 0;  ///< most connections open at one time
  };
  /// What has arrived up to now.
  Seen seen() const;
  /// Accepts what still waits, lets every script come to its end, accepts no more. The clients
  /// must be gone, or going.
  Seen finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "HTTP/1.1 200 OK" with a Content-Length and `headers` (each with its line end).
std::string ok(const std::string& body, const std::string& headers = "");

/// An answer with an error body of the service's (cloud-api 5.1).
std::string refusal(int status, const std::string& code, const std::string& words,
                    const std::string& headers = "");

/// A script that answers every request on every connection with `answer`.
RawServer::Script always(std::string answer);

}  // namespace pawl::test
