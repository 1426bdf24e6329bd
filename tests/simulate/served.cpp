#include "tests/simulate/served.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace pawl::test {

Served::Served(simulate::Settings settings) : stop_(eventfd(0, EFD_CLOEXEC)) {
  settings.port = 0;
  auto server = simulate::Server::listen(settings);
  REQUIRE(server);
  server_ = std::move(*server);
  thread_ = std::thread([this] { server_->serve_until_readable(stop_); });
}

Served::~Served() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

Wire::Wire(const Served& served) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval limit{10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(served.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

Wire::~Wire() {
  close(socket_);
}

bool Wire::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t now = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += static_cast<std::size_t>(now);
  }
  return true;
}

void Wire::end() {
  shutdown(socket_, SHUT_WR);
}

bool Wire::read_more(int flags) {
  std::array<char, 65'536> buffer{};
  const ssize_t got = recv(socket_, buffer.data(), buffer.size(), flags);
  const bool late = flags == 0 && got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  REQUIRE_FALSE_MESSAGE(late, "the other side says nothing");
  if (got > 0) read_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::string Wire::rest(std::size_t most) {
  while (read_.size() < most && read_more()) {
  }
  return std::exchange(read_, {});
}

std::string Wire::so_far() {
  while (read_more(MSG_DONTWAIT)) {
  }
  return std::exchange(read_, {});
}

Wire::Answer Wire::answer() {
  std::size_t end = 0;
  while ((end = read_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return {std::exchange(read_, {}), "", false};
  }
  Answer answer{read_.substr(0, end + 2), "", false};
  read_.erase(0, end + 4);
  const std::string name = "Content-Length: ";
  const std::size_t at = answer.head.find(name);
  REQUIRE_MESSAGE(at != std::string::npos, answer.head);
  const std::size_t length = std::strtoull(answer.head.c_str() + at + name.size(), nullptr, 10);
  while (read_.size() < length && read_more()) {
  }
  answer.whole = read_.size() >= length;
  answer.body = read_.substr(0, length);
  read_.erase(0, length);
  return answer;
}

Wire::Answer get(const Served& served, const std::string& path, const std::string& headers) {
  Wire wire(served);
  wire.send("GET " + path + " HTTP/1.1\r\nHost: stand-in\r\n" + headers + "\r\n");
  return wire.answer();
}

}  // namespace pawl::test
