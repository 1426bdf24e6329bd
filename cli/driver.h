// The process that moves a store's rollouts forward: the store, the clock, the signals and the
// HTTP client, put together.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/log.h"
#include "cli/options.h"
#include "cli/plan_file.h"
#include "engine/io/curl_client.h"
#include "engine/io/signals.h"
#include "engine/io/system_clock.h"
#include "engine/loop.h"
#include "storage/sqlite_journal.h"
#include "storage/store.h"

namespace pawl {

struct Driven {
  Ending ending;
  int signal = 0;         ///< with `interrupted`
  std::string refused{};  ///< with `refused`: the cloud's words
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
  Result<std::string> start(const PlanFile& file);
  /// Goes on with a rollout until there is nothing more to do.
  Result<Driven> drive(const std::string& rollout);

  Store& store() { return *store_; }

 private:
  Driver(std::unique_ptr<Store> store, std::unique_ptr<SqliteJournal> journal, const Log& log);

  Result<std::unique_ptr<CurlClient>> connect(const Plan& plan);
  Outcome say_started();
  Result<std::optional<Ending>> turns(Loop& loop, int& signal);

  const std::unique_ptr<Store> store_;
  const std::unique_ptr<SqliteJournal> journal_;
  const Log& log_;
  StopSignals signals_;
  SystemClock clock_;
  std::unique_ptr<Authorizer> authorizer_;  ///< read once: it takes the variables away
  bool authorized_ = false;
  bool started_ = false;
  std::string why_stopped_ = "nothing more to do";
};

}  // namespace pawl
