#include "tests/engine_io/caller.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pawl::test {
namespace {

CurlOptions at(const std::string& base_url) {
  CurlOptions options;
  options.base_url = base_url;
  return options;
}

}  // namespace

std::vector<Header> FixedHeaders::headers(const HttpRequest& /*request*/,
                                          const std::string& asked_host, Instant wall_now) {
  host = asked_host;
  wall = wall_now;
  return headers_;
}

Caller::Caller(const std::string& base_url, Authorizer* authorizer)
    : Caller(at(base_url), authorizer) {}

Caller::Caller(CurlOptions options, Authorizer* authorizer) {
  auto client = CurlClient::open(std::move(options), clock_, authorizer);
  REQUIRE(client);
  client_ = std::move(*client);
}

Ticket Caller::start(const Call& call) {
  ++last_.run;
  client_->start(last_, call, clock_.now() + patience);
  return last_;
}

std::vector<Completion> Caller::ended(std::size_t count) {
  std::vector<Completion> done;
  const Instant until = clock_.now() + patience;
  while (done.size() < count && clock_.now() < until)
    client_->wait(until, done);
  REQUIRE(done.size() == count);
  return done;
}

Completion Caller::make(const Call& call) {
  start(call);
  return ended(1).front();
}

Call get(const std::string& path) {
  Call call;
  call.request.path = path;
  return call;
}

Call post(const std::string& body) {
  Call call = get();
  call.request.method = Method::post;
  call.request.body = body;
  call.repeat = Repeat::never;
  return call;
}

Call costly_post() {
  Call call = post();
  call.repeat = Repeat::costly;
  return call;
}

HttpResponse answer(const Completion& completion) {
  const auto* const none = std::get_if<NoAnswer>(&completion.what);
  if (none != nullptr) FAIL("no answer: " << none->why);
  return std::get<HttpResponse>(completion.what);
}

NoAnswer no_answer(const Completion& completion) {
  const auto* const some = std::get_if<HttpResponse>(&completion.what);
  if (some != nullptr) FAIL("an answer: " << some->status << " " << some->body.substr(0, 200));
  return std::get<NoAnswer>(completion.what);
}

std::vector<int> client_ends(int port) {
  constexpr int descriptors_max = 1024;
  std::vector<int> found;
  for (int descriptor = 0; descriptor < descriptors_max; ++descriptor) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
      found.push_back(descriptor);
    }
  }
  return found;
}

}  // namespace pawl::test
