#include "cli/exchange.h"

#include <utility>
#include <vector>

namespace pawl {

Completion exchange(Clock& clock, HttpClient& client, const HttpRequest& request,
                    Duration timeout) {
  Call call;
  call.request = request;
  call.priority = Priority::list;
  call.timeout = timeout;
  client.start({}, call, clock.now() + timeout);
  std::vector<Completion> done;
  while (done.empty())
    client.wait(clock.now() + timeout, done);
  return std::move(done.front());
}

}  // namespace pawl
