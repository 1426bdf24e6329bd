// A client under test, the clock that it is given, and short words for its calls.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/curl_client.h"
#include "engine/io/system_clock.h"

namespace pawl::test {

/// The real clock, which a test may push forward from any thread.
class PushedClock final : public Clock {
 public:
  Instant now() override { return real_.now() + Duration(ahead_.load()); }
  Instant wall() override { return real_.wall(); }
  void push(Duration by) { ahead_ += by.count(); }

 private:
  SystemClock real_;
  std::atomic<Duration::rep> ahead_ = 0;
};

/// An authorizer that gives the same headers to everyone.
class FixedHeaders final : public Authorizer {
 public:
  FixedHeaders(const std::string& name, const std::string& value) : headers_{{name, value}} {}
  explicit FixedHeaders(std::vector<Header> headers) : headers_(std::move(headers)) {}
  std::vector<Header> headers(const HttpRequest& request, const std::string& host,
                              Instant wall_now) override;

  std::string host;  ///< what it was told last
  Instant wall{};

 private:
  const std::vector<Header> headers_;
};

inline constexpr Duration patience = std::chrono::seconds{20};

/// A client of one origin. Its calls leave at once unless a test says otherwise.
class Caller final {
 public:
  explicit Caller(const std::string& base_url, Authorizer* authorizer = nullptr);
  explicit Caller(CurlOptions options, Authorizer* authorizer = nullptr);

  CurlClient& client() { return *client_; }
  PushedClock& clock() { return clock_; }

  /// Starts the call, numbered from 1, to be sent within `patience`.
  Ticket start(const Call& call);
  /// Waits for the next `count` that end; a test that gets fewer has failed.
  std::vector<Completion> ended(std::size_t count);
  /// Starts it and waits for its end.
  Completion make(const Call& call);

 private:
  PushedClock clock_;
  std::unique_ptr<CurlClient> client_;
  Ticket last_{};
};

/// A call that may be repeated.
Call get(const std::string& path = "/");
/// A call that must not be.
Call post(const std::string& body = "{}");
/// A call that had better not be.
Call costly_post();

/// The answer, or the words for its absence; a test that finds the other has failed.
HttpResponse answer(const Completion& completion);
NoAnswer no_answer(const Completion& completion);

/// This process's ends of connections to a port of 127.0.0.1.
std::vector<int> client_ends(int port);

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pawl::test
