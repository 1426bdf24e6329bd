// Calls without a network: whoever plays the cloud is asked when a call starts, and its answer
// arrives in virtual time. Waiting moves the clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/ports.h"
#include "engine/result.h"
#include "tests/support/virtual_clock.h"

namespace pawl::test {

struct Answer {
  std::variant<HttpResponse, NoAnswer> what;
  Duration after{50};
};

/// A call as it was started.
struct Sent {
  Ticket ticket;
  Call call;
  Instant at, send_by;
};

class FakeClient final : public HttpClient {
 public:
  using Cloud = std::function<Answer(const Sent&)>;

  FakeClient(VirtualClock& clock, Cloud cloud, std::size_t calls_max = 1'000)
      : clock_(clock), cloud_(std::move(cloud)), calls_max_(calls_max) {}

  std::size_t idle() const override { return calls_max_ - open_.size(); }

  void start(Ticket ticket, const Call& call, Instant send_by) override {
    check(idle() > 0, "a call started on a full pool");
    const Instant at = clock_.now();
    sent_.push_back({ticket, call, at, send_by});
    Answer answer = cloud_(sent_.back());
    open_.push_back({ticket, std::move(answer.what), at, at + answer.after});
  }

  void wait(Instant until, std::vector<Completion>& done) override {
    Instant next = until;
    for (const Completion& call : open_)
      next = std::min(next, call.received);
    clock_.advance_to(next);
    const auto ended = std::stable_partition(
        open_.begin(), open_.end(),
        [this](const Completion& call) { return call.received > clock_.now(); });
    for (auto call = ended; call != open_.end(); ++call) {
      if (twice_) done.push_back(*call);
      done.push_back(std::move(*call));
    }
    open_.erase(ended, open_.end());
    if (done.empty()) return;
    std::stable_sort(done.begin(), done.end(), [](const Completion& a, const Completion& b) {
      return a.received < b.received;
    });
  }

  /// From now on every answer comes twice.
  void answer_twice() { twice_ = true; }
  const std::vector<Sent>& sent() const { return sent_; }

 private:
  VirtualClock& clock_;
  Cloud cloud_;
  std::size_t calls_max_;
  std::vector<Completion> open_;  // `received` is when the answer will be here
  std::vector<Sent> sent_;
  bool twice_ = false;
};

}  // namespace pawl::test
