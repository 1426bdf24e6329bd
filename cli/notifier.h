// Tells webhooks of a rollout's entries. The journal is the outbox: what each webhook has heard of
// is a number in the store, so a crash loses nothing, and at worst tells something twice.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/log.h"
#include "engine/io/curl_client.h"
#include "engine/ports.h"
#include "storage/sqlite.h"
#include "workflows/plan.h"

namespace pawl {

/// Each webhook hears one entry at a time, in their order, and again until it answers with a 2xx;
/// the pauses grow to a minute, and are longer where the receiver asks for it. An entry that it
/// refuses several times (400, 410, 413, 422) is given up with a word, so that the next ones come
/// through. Nothing here ever waits for one while a rollout runs.
class Notifier final {
 public:
  /// Everything referred to outlives the notifier. An empty `secret`: nothing is signed.
  struct Seams {
    Database& database;
    Clock& clock;
    const Log& log;
    const std::string&
        ca_file;  ///< certificates to trust in place of the system's, where not empty
  };
  static Result<std::unique_ptr<Notifier>> open(Seams seams, const std::string& rollout,
                                                const std::vector<Webhook>& webhooks,
                                                const std::string& secret);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// From now on `client` wakes when an answer comes.
  void wake(CurlClient& client) const;
  /// Takes answers, and sends what has come to the journal, whose last entry is `head`. Never
  /// waits.
  Outcome turn(std::int64_t head);
  /// The number of the journal's last entry; asked several times a second while `finish` waits.
  using LastEntry = std::function<Result<std::int64_t>()>;
  /// Gives what is not delivered yet at most `time`, and says what is left.
  Outcome finish(const LastEntry& last_entry, Duration time);

 private:
  struct Target;
  Notifier(Seams seams, std::string rollout);

  Outcome turn(Target& target, std::int64_t head, Instant wait_until);
  Outcome answered(Target& target, const Completion& completion);
  Outcome heard(Target& target);
  void failed(Target& target, const std::string& why, Duration asked);
  void send(Target& target);

  const Seams seams_;
  const std::string rollout_;
  std::vector<std::unique_ptr<Target>> targets_;
};

}  // namespace pawl
