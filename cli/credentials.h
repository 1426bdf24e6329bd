// The proof of who calls, for one endpoint and project: made of what credential_sources.h finds,
// kept fresh, never in the plan and never in the store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/credential_sources.h"
#include "cli/exchange.h"
#include "cli/proof_target.h"
#include "engine/io/curl_client.h"
#include "engine/ports.h"
#include "engine/result.h"

namespace pawl {

/// Whether fresh ones can be had without a person.
bool can_be_renewed(const FoundCredentials& found);

/// A call that kept credentials from being had.
struct FailedCall {
  std::string endpoint;
  Completion call;
  std::string flaw{};  ///< why a 2xx is not what was asked for; empty: it is none, or none came
};

class Credentials final : public Authorizer {
 public:
  /// Fetches what has to be fetched: a token for a password, a key of the metadata service, the
  /// project's id where nobody names it. Waits for the answers. No credentials at all are good for
  /// a loopback endpoint only. Fault::remote says what to do; `failed` is told the call that it
  /// comes from, if any. `clock` outlives it; `go_on` is that of exchange_again, here and later.
  static Result<std::unique_ptr<Credentials>> open(const FoundCredentials& found,
                                                   const ProofTarget& target, Clock& clock,
                                                   GoOn go_on = {},
                                                   std::optional<FailedCall>* failed = nullptr);
  ~Credentials() override;

  std::vector<Header> headers(const HttpRequest& request, const std::string& host,
                              Instant wall) override;
  void clean(HttpResponse& answer) const override;

  const std::string& project_id() const { return project_id_; }
  /// Whether these are for that target too: its project is named, or left to be looked up.
  bool fit(const ProofTarget& target) const;
  /// Whether there is anything to prove with.
  bool any() const { return found_.kind != CredentialKind::none; }
  /// Whether renew() can be of use.
  bool can_be_renewed() const { return pawl::can_be_renewed(found_); }
  /// Fetches fresh ones and waits for them; where the cloud only says "later", that too.
  Outcome renew();
  /// To be called every now and then: fetches fresh ones in time, without waiting. What fails is
  /// tried again; without an end only until the old ones have expired.
  void tend();
  /// The same for a caller that waits for every call: when it returns, the fresh ones are there, or
  /// could not be had now.
  void tend_and_wait();
  /// When what is in force ends, where that is known; on this machine's clock.
  std::optional<Instant> ends() const { return ends_; }

 private:
  class Plain;
  /// Whether a call that fails is made again here, or left to the next tend().
  enum class Insist : std::uint8_t { yes, no };
  Credentials(const FoundCredentials& found, const ProofTarget& target, Clock& clock, GoOn go_on);

  Outcome connect();
  Outcome fetch(Insist insist);
  Result<Completion> ask(const HttpRequest& request, Insist insist, const Again& again);
  Outcome look_up_project();
  HttpRequest renewal() const;
  Outcome take(const Completion& completion);
  void begin_renewal(Instant now);
  void end_renewal(Instant until);
  void put_off_renewal(const Completion& failed);
  void keep_until(CloudInstant expires, const HttpResponse& response, Instant received);
  Error refused(const std::string& what, const Completion& completion);
  Error unreadable(std::string why, const Completion& completion);

  FoundCredentials found_;  ///< `token` and `key` are what is in force
  std::string former_;      ///< the token before: answers to it may still come
  const ProofTarget target_;
  Clock& clock_;
  const GoOn go_on_;
  std::string project_id_;
  std::string iam_;                     ///< the endpoint of the client below
  std::unique_ptr<Plain> plain_;        ///< what it is proven with
  std::unique_ptr<CurlClient> client_;  ///< of IAM or the metadata service
  std::optional<Instant> ends_, due_;
  bool asking_ = false;
  std::optional<FailedCall> failed_;
};

}  // namespace pawl
