#include "cli/first_few.h"

#include <algorithm>
#include <variant>

namespace pawl {

std::size_t FirstFew::idle() const {
  if (let_in_) return client_.idle();
  return std::min(client_.idle(), few - std::min(few, in_flight_));
}

void FirstFew::start(Ticket ticket, const Call& call, Instant send_by) {
  ++in_flight_;
  client_.start(ticket, call, send_by);
}

void FirstFew::wait(Instant until, std::vector<Completion>& done) {
  const std::size_t before = done.size();
  client_.wait(until, done);
  for (std::size_t i = before; i < done.size(); ++i) {
    --in_flight_;
    const auto* answer = std::get_if<HttpResponse>(&done[i].what);
    let_in_ = let_in_ || (answer != nullptr && succeeded(*answer));
  }
}

}  // namespace pawl
