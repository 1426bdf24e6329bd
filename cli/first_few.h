// Until the cloud has let these credentials in, only a few calls are on their way at a time: all of
// them could be refused, and more than five refusals in a row lock an access key.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/ports.h"

namespace pawl {

class FirstFew final : public HttpClient {
 public:
  static constexpr std::size_t few = 4;

  /// `client` outlives it, and is called through it alone. `let_in`: that the cloud has let them in
  /// is known already.
  FirstFew(HttpClient& client, bool let_in) : client_(client), let_in_(let_in) {}

  std::size_t idle() const override;
  void start(Ticket ticket, const Call& call, Instant send_by) override;
  void wait(Instant until, std::vector<Completion>& done) override;
  /// Whether an answer has shown it, or it was known.
  bool let_in() const { return let_in_; }

 private:
  HttpClient& client_;
  bool let_in_;
  std::size_t in_flight_ = 0;
};

}  // namespace pawl
