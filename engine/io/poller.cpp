#include "engine/io/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

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
  if (event.events == 0) {
    ::epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr);
    return;
  }
  if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) == 0) return;
  const bool changed =
      errno == EEXIST && ::epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event) == 0;
  check(changed, "epoll_ctl refused a descriptor");
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
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    ready_.push_back(
        {event.data.fd, {(event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0, broken}});
  }
  return ready_;
}

}  // namespace pawl
