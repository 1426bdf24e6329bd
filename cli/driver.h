// The process that moves a store's rollouts forward: the store, the clock, the signals and the
// HTTP client, put together.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/credentials.h"
#include "cli/fleet.h"
#include "cli/follow_up.h"
#include "cli/log.h"
#include "cli/notifier.h"
#include "cli/options.h"
#include "cli/plan_file.h"
#include "cli/rehearsal.h"
#include "cli/rollout_start.h"
#include "cli/standstill.h"
#include "cli/stopping.h"
#include "engine/io/command_processes.h"
#include "engine/io/curl_client.h"
#include "engine/io/signals.h"
#include "engine/io/system_clock.h"
#include "engine/loop.h"
#include "storage/audit.h"
#include "storage/sqlite_journal.h"
#include "storage/store.h"
#include "workflows/selection.h"

namespace pawl {

struct StoredPlan;

/// What to do where only time or a person can go on.
enum class AtWait : std::uint8_t { stay, leave };

/// What kind of rollout is started, and of which instances.
struct StartWish {
  RolloutKind kind = RolloutKind::upgrade;
  std::optional<FollowUp> follow_up{};  ///< of these alone
};

struct Driven {
  Ending ending;
  int signal = 0;         ///< with `interrupted`
  std::string refused{};  ///< with `refused`: the cloud's words
  Standstill waits{};     ///< with `waiting`: for what
  /// Levers have been answered since it ended: it may go on.
  bool levers_since = false;
};

class Driver final {
 public:
  /// Takes the store's lock. Fault::held, Fault::store.
  static Result<std::unique_ptr<Driver>> open(const Options& options, const Log& log);
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  /// Says in the journal that the driver has stopped, if it ever said that it started.
  ~Driver();

  /// Lists the fleet, freezes the members of `file.plan` and makes its rollout durable; its id.
  Result<std::string> start(const PlanFile& file, StartWish wish = {});
  /// Goes on with a rollout until there is nothing more to do.
  Result<Driven> drive(const std::string& rollout, AtWait at_wait);
  /// Gives the notifications of rollouts that have ended, and that are not delivered yet, a while;
  /// of `rollout` alone unless it is empty.
  Outcome deliver(const std::string& rollout);
  /// Answers the levers that wait for `rollout`, or for the store where it is empty; sends nothing.
  Outcome pull_levers(const std::string& rollout);

  Store& store() { return *store_; }

 private:
  Driver(std::unique_ptr<Store> store, std::unique_ptr<SqliteJournal> journal,
         const Options& options, const Log& log);

  /// A client with the proof for `plan`, whose project is filled in where it names none.
  Result<std::unique_ptr<CurlClient>> connect(Plan& plan);
  Result<std::vector<Member>> members_of(Plan& plan, FollowUp* follow_up);
  /// For calls besides the loop's, with `quota_of`.
  Outside outside(CurlClient& client);
  /// The signal that came, as an error.
  Outcome unless_stopped();
  /// Asked while an answer or a call's leave is waited for: that, and where no loop runs, which
  /// would not hear of them, levers are answered.
  Outcome go_on();
  Result<Quota> quota_of(const Plan& plan);
  /// As Outside has it.
  Result<bool> lease(Quota& quota);
  Outcome say_started();
  Outcome say_rehearsed(const Plan& plan, const Past& past, std::span<const Member> members);
  Outcome deliver_of(const std::string& rollout);
  /// While no loop runs: every lever that waits.
  Outcome pull_all();
  /// The same; the journal's last entry after it.
  Result<std::int64_t> pulled_up_to();
  Outcome pull_on_store();
  /// Levers that are not those of the rollout which this driver has taken up.
  Outcome pull_elsewhere(const std::string& driven);
  Outcome pull_of_another(const std::string& rollout);
  /// So that no driver of this store tries these credentials again soon; `words` are the cloud's.
  Outcome note_refused(const std::string& words);
  /// One call that harms nothing, before many are sent at once: more than five refused ones in a
  /// row would lock an access key for everybody. The cloud's words where it is refused.
  Result<std::optional<std::string>> knock(CurlClient& client, const Plan& plan);
  /// One loop of `drive`, with the credentials as they are.
  Result<Driven> drive_once(const std::string& rollout, AtWait at_wait);
  Result<Ending> turns(Loop& loop, Notifier& notifier, const std::string& rollout,
                       Stopping& stopping);

  const std::unique_ptr<Store> store_;
  const std::unique_ptr<SqliteJournal> journal_;
  const Log& log_;
  StopSignals signals_;
  SystemClock clock_;
  CommandProcesses commands_;
  const std::string ca_file_;
  std::optional<FoundCredentials> found_;  ///< read once: the variables are taken away
  std::unique_ptr<Credentials> credentials_;
  bool let_in_ = false;               ///< the cloud has taken `credentials_`
  bool noted_ = false;                ///< that the cloud has refused them for good
  const std::string webhook_secret_;  ///< read once, too
  bool started_ = false;
  bool looping_ = false;
  Instant elsewhere_at_{};              ///< when levers of other rollouts were last looked for
  std::set<std::string> unanswerable_;  ///< those that cannot be taken up for theirs
  std::string why_stopped_ = "nothing more to do";
};

}  // namespace pawl
