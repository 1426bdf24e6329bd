// How long wait() lasts, what wakes it, and how much may be in flight.
#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <semaphore>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/raw_server.h"

using namespace pawl::test;
using pawl::Completion;
using pawl::CurlOptions;
using pawl::Duration;

namespace {

CurlOptions pool_of(std::size_t calls, const RawServer& server) {
  CurlOptions options;
  options.base_url = server.url();
  options.pool = calls;
  return options;
}

class EventDescriptor final {
 public:
  EventDescriptor() = default;
  EventDescriptor(const EventDescriptor&) = delete;
  EventDescriptor& operator=(const EventDescriptor&) = delete;
  ~EventDescriptor() { ::close(number_); }
  int number() const { return number_; }
  void wake() { ::eventfd_write(number_, 1); }
  void empty() {
    eventfd_t count = 0;
    ::eventfd_read(number_, &count);
  }

 private:
  const int number_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

/// Holds every answer back until `count` requests are there together.
class Gathering final {
 public:
  explicit Gathering(std::size_t count) : missing_(count) {}
  void meet() {
    std::unique_lock lock(mutex_);
    if (--missing_ == 0) all_here_.notify_all();
    all_here_.wait(lock, [this] { return missing_ == 0; });
  }

 private:
  std::size_t missing_;
  std::mutex mutex_;
  std::condition_variable all_here_;
};

}  // namespace

TEST_CASE("wait returns at its time, and at once where that has passed") {
  RawServer server(always(ok("")));
  Caller caller(server.url());
  std::vector<Completion> done;
  const pawl::Instant until = caller.clock().now() + Duration{30};
  caller.client().wait(until, done);
  CHECK(caller.clock().now() >= until);
  for (const pawl::Instant past : {until, pawl::Instant::min(), pawl::Instant{}})
    caller.client().wait(past, done);
  CHECK(done.empty());
}

TEST_CASE("wait returns at its time while calls are under way") {
  std::promise<void> over;
  RawServer server([over = over.get_future().share()](Peer& peer, int) {
    peer.read_request();
    over.wait();
    peer.write(ok(""));
  });
  Caller caller(server.url());
  caller.start(get());
  std::vector<Completion> done;
  const pawl::Instant until = caller.clock().now() + Duration{30};
  caller.client().wait(until, done);
  CHECK(done.empty());
  CHECK(caller.clock().now() >= until);
  over.set_value();
  caller.ended(1);
}

TEST_CASE("a watched descriptor wakes wait for as long as it is readable") {
  RawServer server(always(ok("")));
  EventDescriptor event;
  Caller caller(server.url());
  caller.client().watch(event.number());
  std::vector<Completion> done;
  event.wake();
  for (int i = 0; i < 2; ++i)
    caller.client().wait(pawl::Instant::max(), done);
  event.empty();
  const pawl::Instant until = caller.clock().now() + Duration{30};
  caller.client().wait(until, done);
  CHECK(caller.clock().now() >= until);
  CHECK(done.empty());
  CHECK(answer(caller.make(get())).status == 200);
}

TEST_CASE("another thread wakes a wait that has begun") {
  RawServer server(always(ok("")));
  EventDescriptor event;
  Caller caller(server.url());
  caller.client().watch(event.number());
  auto waker = std::async(std::launch::async, [&] { event.wake(); });
  std::vector<Completion> done;
  caller.client().wait(pawl::Instant::max(), done);
  CHECK(done.empty());
}

TEST_CASE("as many calls as the pool has go at once, each answered by its own ticket") {
  constexpr std::size_t calls = 64;
  Gathering gathering(calls);
  RawServer server([&](Peer& peer, int) {
    bool first = true;
    while (const auto request = peer.read_request()) {
      if (std::exchange(first, false)) gathering.meet();
      peer.write(ok(request->substr(0, request->find(" HTTP"))));
    }
  });
  {
    Caller caller(pool_of(calls, server));
    for (int round = 0; round < 5; ++round) {
      CHECK(caller.client().idle() == calls);
      for (std::size_t i = 0; i < calls; ++i) {
        CHECK(caller.client().idle() == calls - i);
        const auto run = static_cast<std::int64_t>(i);
        caller.client().start({run, 9}, get("/" + std::to_string(run)), {});
      }
      CHECK(caller.client().idle() == 0);
      for (const Completion& completion : caller.ended(calls)) {
        CHECK(completion.ticket.number == 9);
        CHECK(answer(completion).body == "GET /" + std::to_string(completion.ticket.run));
      }
    }
    CHECK(caller.client().idle() == calls);
  }
  const auto seen = server.finish();
  CHECK(seen.requests.size() == 5 * calls);
  CHECK(seen.connections == calls);
}

TEST_CASE("connections that are kept never outnumber the pool") {
  RawServer server(always(ok("")));
  Caller caller(pool_of(2, server));
  for (int round = 0; round < 10; ++round) {
    for (const bool alone : {false, true}) {
      caller.start(alone ? post() : get());
      caller.start(get());
      for (const Completion& completion : caller.ended(2))
        answer(completion);
      CHECK(client_ends(server.port()).size() <= 2);
    }
  }
}

TEST_CASE("a POST's own connection ends none of those that are kept") {
  constexpr std::size_t pool = 2;
  constexpr std::size_t rounds = 5;
  Gathering gathering(pool);
  std::counting_semaphore<> leave{0};
  RawServer server([&](Peer& peer, int connection) {
    bool first = connection <= static_cast<int>(pool);
    while (const auto request = peer.read_request()) {
      if (std::exchange(first, false)) gathering.meet();
      if (request->starts_with("POST")) leave.acquire();
      peer.write(ok(""));
    }
  });
  {
    Caller caller(pool_of(pool, server));
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < pool; ++i)
        caller.start(get());
      for (const Completion& completion : caller.ended(pool))
        answer(completion);
      caller.start(post());
      answer(caller.make(get()));
      leave.release();
      answer(caller.ended(1).front());
    }
  }
  CHECK(server.finish().connections == pool + rounds);
}

TEST_CASE("a client that goes drops what it has in flight") {
  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.wait_for_close();
  });
  {
    Caller caller(server.url());
    caller.start(get());
    caller.start(post());
    std::vector<Completion> done;
    while (server.seen().requests.size() < 2)
      caller.client().wait(caller.clock().now() + Duration{5}, done);
    caller.start(get());
    CHECK(done.empty());
  }
  CHECK(server.finish().requests.size() == 2);
}
