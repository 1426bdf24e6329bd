#include "tests/engine_io/raw_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/engine_io/tls_keys.h"

namespace pawl::test {
namespace {

void demand(bool truth, const char* what) {
  if (!truth) throw std::runtime_error(what);
}

std::size_t body_length(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

}  // namespace

struct RawServer::State {
  Script script;
  ServerOptions options;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls{nullptr, &SSL_CTX_free};
  int listener = -1;
  int stop = -1;
  int port = 0;
  mutable std::mutex mutex;  // guards what follows
  Seen seen;
  std::size_t open = 0;
  std::vector<std::thread> threads;
  std::thread acceptor;

  void use(const TlsIdentity& identity);
  void listen_on_loopback();
  void accept_all();
  void accept_waiting();
  void serve(int socket, int connection);
};

namespace {

class SocketPeer final : public Peer {
 public:
  SocketPeer(int socket, SSL* tls, std::mutex& mutex, RawServer::Seen& seen)
      : socket_(socket), tls_(tls), mutex_(mutex), seen_(seen) {}

  std::optional<std::string> read_request() override {
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return std::nullopt;
    }
    const std::size_t size = end + 4 + body_length(buffer_.substr(0, end + 2));
    while (buffer_.size() < size) {
      if (!read_more()) return std::nullopt;
    }
    std::string request = buffer_.substr(0, size);
    buffer_.erase(0, size);
    const std::scoped_lock lock(mutex_);
    seen_.requests.push_back(request);
    return request;
  }

  bool write(const std::string& bytes) override {
    if (tls_ != nullptr) return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) > 0;
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t sent = ::send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      done += static_cast<std::size_t>(sent);
    }
    return true;
  }

  void wait_for_close() override {
    while (read_more()) {
    }
  }

  bool closed_within(int milliseconds) override {
    pollfd wanted{socket_, POLLIN | POLLRDHUP, 0};
    return ::poll(&wanted, 1, milliseconds) > 0 && (wanted.revents & (POLLRDHUP | POLLHUP)) != 0;
  }

  void reset() override {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  bool read_more() {
    std::array<char, 16384> piece;
    const auto got = tls_ != nullptr ? SSL_read(tls_, piece.data(), static_cast<int>(piece.size()))
                                     : ::read(socket_, piece.data(), piece.size());
    if (got <= 0) return false;
    buffer_.append(piece.data(), static_cast<std::size_t>(got));
    const std::scoped_lock lock(mutex_);
    seen_.bytes += static_cast<std::size_t>(got);
    return true;
  }

  const int socket_;
  SSL* const tls_;
  std::string buffer_;
  std::mutex& mutex_;
  RawServer::Seen& seen_;
};

}  // namespace

RawServer::RawServer(Script script, ServerOptions options) : state_(std::make_unique<State>()) {
  // OpenSSL writes to connections that are gone, on either side.
  ::signal(SIGPIPE, SIG_IGN);
  State& s = *state_;
  s.script = std::move(script);
  s.options = std::move(options);
  if (s.options.identity != nullptr) s.use(*s.options.identity);
  s.listen_on_loopback();
  s.stop = ::eventfd(0, EFD_CLOEXEC);
  s.acceptor = std::thread([&s] { s.accept_all(); });
}

RawServer::~RawServer() {
  finish();
  ::close(state_->listener);
  ::close(state_->stop);
}

void RawServer::State::use(const TlsIdentity& identity) {
  tls.reset(SSL_CTX_new(TLS_server_method()));
  demand(SSL_CTX_use_certificate(tls.get(), identity.keys_->certificate.get()) == 1 &&
             SSL_CTX_use_PrivateKey(tls.get(), identity.keys_->key.get()) == 1,
         "the server's certificate");
  SSL_CTX_set_max_proto_version(tls.get(), options.tls_max);
  SSL_CTX_set_security_level(tls.get(), 0);
}

void RawServer::State::listen_on_loopback() {
  sockaddr_in6 address{};  // the port stands at one place in both families
  socklen_t size = sizeof(sockaddr_in6);
  if (options.ipv6) {
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
  } else {
    auto* const four = reinterpret_cast<sockaddr_in*>(&address);
    four->sin_family = AF_INET;
    four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof(sockaddr_in);
  }
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  listener = ::socket(address.sin6_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  demand(::bind(listener, any, size) == 0 && ::listen(listener, 256) == 0, "listen");
  ::getsockname(listener, any, &size);
  port = ntohs(address.sin6_port);
}

void RawServer::State::accept_all() {
  std::array<pollfd, 2> wanted{{{listener, POLLIN, 0}, {stop, POLLIN, 0}}};
  do {
    ::poll(wanted.data(), wanted.size(), -1);
    accept_waiting();
  } while (wanted[1].revents == 0);
}

void RawServer::State::accept_waiting() {
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const timeval socket_patience{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &socket_patience, sizeof socket_patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &socket_patience, sizeof socket_patience);
    const std::scoped_lock lock(mutex);
    const auto number = static_cast<int>(++seen.connections);
    seen.together = std::max(seen.together, ++open);
    threads.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void RawServer::State::serve(int socket, int connection) {
  std::unique_ptr<SSL, decltype(&SSL_free)> session(nullptr, &SSL_free);
  bool ready = true;
  if (tls) {
    if (options.before_handshake) options.before_handshake();
    session.reset(SSL_new(tls.get()));
    SSL_set_fd(session.get(), socket);
    ready = SSL_accept(session.get()) == 1;
  }
  SocketPeer peer(socket, session.get(), mutex, seen);
  if (ready) script(peer, connection);
  {
    const std::scoped_lock lock(mutex);
    --open;
  }
  ::close(socket);
}

std::string RawServer::url() const {
  return std::string(state_->tls ? "https://" : "http://") +
         (state_->options.ipv6 ? "[::1]:" : "127.0.0.1:") + std::to_string(port());
}

int RawServer::port() const {
  return state_->port;
}

RawServer::Seen RawServer::seen() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->seen;
}

RawServer::Seen RawServer::finish() {
  if (state_->acceptor.joinable()) {
    ::eventfd_write(state_->stop, 1);
    state_->acceptor.join();
    for (std::thread& thread : state_->threads)
      thread.join();
  }
  return seen();
}

std::string ok(const std::string& body, const std::string& headers) {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string refusal(int status, const std::string& code, const std::string& words,
                    const std::string& headers) {
  const std::string body = R"({"error_code":")" + code + R"(","error_msg":")" + words + R"("})";
  return "HTTP/1.1 " + std::to_string(status) + " No\r\n" + headers +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

RawServer::Script always(std::string answer) {
  return [answer = std::move(answer)](Peer& peer, int) {
    while (peer.read_request())
      peer.write(answer);
  };
}

}  // namespace pawl::test
