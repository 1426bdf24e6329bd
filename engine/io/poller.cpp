#include "engine/io/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "engine/result.h"

namespace pawl {

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
  check(descriptor_ >= 0, "epoll_create1 failed");
}

Poller::~Poller() {
  ::close(descriptor_);
}

void Poller::want(int descriptor, Readiness wanted) {
  epoll_event event{};
  event.data.fd = descriptor;
  if (wanted.readable) event.events |= EPOLLIN;
  if (wanted.writable) event.events |= EPOLLOUT;
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= watched_.size()) watched_.resize(index + 1);
  Watched& watched = watched_[index];
  // What nothing is wanted of stays in, for it may come back; what it has to say meanwhile, its end
  // as a rule, takes it out at the next wait.
  watched.wanted = event.events != 0;
  if (!watched.wanted) return;
  const bool rested = std::exchange(watched.rests, false);
  const std::uint32_t before = std::exchange(watched.events, std::uint32_t{event.events});
  if (rested && before == event.events) return;
  // A descriptor goes out by itself when it is closed, told or not, and its number may come back.
  if (before != 0 && ::epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event) == 0) return;
  const bool added = ::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) == 0;
  check(added, "epoll_ctl refused a descriptor");
}

void Poller::rest(int descriptor) {
  want(descriptor, {});
  Watched& watched = watched_[static_cast<std::size_t>(descriptor)];
  watched.rests = watched.events != 0;
}

void Poller::forget(int descriptor) {
  const auto index = static_cast<std::size_t>(descriptor);
  if (index < watched_.size()) watched_[index] = {};
}

/// It would be found at every wait from now on.
void Poller::take_out(int descriptor) {
  ::epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr);
  watched_[static_cast<std::size_t>(descriptor)] = {};
}

const std::vector<Ready>& Poller::wait(Duration longest) {
  std::array<epoll_event, 256> events;
  const auto most = static_cast<int>(
      std::clamp<Duration::rep>(longest.count(), 0, std::numeric_limits<int>::max()));
  const int found = ::epoll_wait(descriptor_, events.data(), static_cast<int>(events.size()), most);
  check(found >= 0 || errno == EINTR, "epoll_wait failed");
  ready_.clear();
  for (int i = 0; i < found; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (!watched_[static_cast<std::size_t>(event.data.fd)].wanted) {
      take_out(event.data.fd);
      continue;
    }
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    ready_.push_back(
        {event.data.fd, {(event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0, broken}});
  }
  return ready_;
}

}  // namespace pawl
