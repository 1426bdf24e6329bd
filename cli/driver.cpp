#include "cli/driver.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "cli/credentials.h"
#include "cli/fleet.h"
#include "cli/progress.h"
#include "cli/rollout_start.h"
#include "engine/entries.h"
#include "engine/version.h"
#include "storage/audit.h"
#include "workflows/cloud_requests.h"

namespace pawl {

namespace {

Error in_another_rollout(const std::string& id, const std::string& other) {
  return {
      Fault::usage,
      fmt::format("instance {} belongs to rollout {}, which is unfinished; nothing was started. "
                  "Let that one come to its end (`pawl resume {}`), or exclude the instance",
                  id, other, other)};
}

}  // namespace

Driver::Driver(std::unique_ptr<Store> store, std::unique_ptr<SqliteJournal> journal, const Log& log)
    : store_(std::move(store)),
      journal_(std::move(journal)),
      log_(log),
      clock_(journal_->head().at) {}

Result<std::unique_ptr<Driver>> Driver::open(const Options& options, const Log& log) {
  const Instant now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  Result<std::unique_ptr<Store>> store = Store::open_for_driving(options.store, this_process(now));
  if (!store) return store.error();
  auto journal = SqliteJournal::make((*store)->database(), (*store)->holder());
  if (!journal) return journal.error();
  return std::unique_ptr<Driver>(new Driver(std::move(*store), std::move(*journal), log));
}

Driver::~Driver() {
  if (!started_) return;
  const Entry entry = store_entry("driver_stopped", present_actor(), why_stopped_, clock_.now());
  Batch batch;
  batch.entries = {&entry, 1};
  if (Outcome written = journal_->commit(batch); !written) {
    log_.error(written.error().what);
    return;
  }
  log_.debug(fmt::format("the journal's head is seq {}, {}", journal_->head().seq,
                         journal_->head().hash.hex()));
}

Outcome Driver::say_started() {
  if (std::exchange(started_, true)) return Done{};
  const Entry entry =
      store_entry("driver_started", present_actor(),
                  fmt::format("pawl {}, process {}", engine_version, static_cast<long>(getpid())),
                  clock_.now());
  Batch batch;
  batch.entries = {&entry, 1};
  Outcome written = journal_->commit(batch);
  if (!written) started_ = false;
  return written;
}

Result<std::unique_ptr<CurlClient>> Driver::connect(const Plan& plan) {
  if (plan.cloud.project_id.empty()) {
    return Error{Fault::usage, fmt::format("plan {} names no cloud.project_id, and neither does "
                                           "the environment; set one of them",
                                           plan.name)};
  }
  if (!cloud::is_path_segment(plan.cloud.project_id)) {
    return Error{Fault::usage,
                 "the project id of the environment is none: it must consist of "
                 "letters, digits, '-', '_', '.' and '~'"};
  }
  if (!std::exchange(authorized_, true)) {
    auto credentials = credentials_for(plan.cloud.endpoint);
    if (!credentials) {
      authorized_ = false;
      return credentials.error();
    }
    authorizer_ = std::move(*credentials);
  }
  CurlOptions options;
  options.base_url = plan.cloud.endpoint;
  options.user_agent = fmt::format("pawl/{}", engine_version);
  auto client = CurlClient::open(std::move(options), clock_, authorizer_.get());
  if (client) (*client)->watch(signals_.descriptor());
  return client;
}

Result<std::string> Driver::start(const PlanFile& file) {
  const Plan& plan = file.plan;
  auto client = connect(plan);
  if (!client) return client.error();
  auto lease = journal_->lease(account_of(plan));
  if (!lease) return lease.error();
  Quota quota(account_of(plan), plan.cloud.calls_per_minute, *lease, clock_.now());
  auto fleet = list_fleet({clock_, **client, *journal_}, quota, plan.cloud.endpoint,
                          plan.cloud.project_id, plan.timeouts.request);
  if (!fleet) return fleet.error();
  auto members = resolve(plan, *fleet);
  if (!members) {
    return Error{members.error().fault,
                 fmt::format("{}\nnothing was started", members.error().what)};
  }
  AuditReader audit(store_->database());
  for (const Member& member : *members) {
    auto other = audit.unfinished_with(member.id);
    if (!other) return other.error();
    if (*other) return in_another_rollout(member.id, **other);
  }
  auto number = audit.next_number(plan.name);
  if (!number) return number.error();
  auto first_run = audit.next_run();
  if (!first_run) return first_run.error();

  if (Outcome said = say_started(); !said) return said.error();
  const MajorUpgrade workflow(goal_of(plan), plan.timeouts, plan.check);
  const Start start =
      start_rollout(plan, workflow, *members,
                    {*number, *first_run, file.bytes, file.path, present_actor(), clock_.now()});
  Batch batch;
  batch.created = &start.created;
  batch.entries = start.entries;
  if (Outcome written = journal_->commit(batch); !written) return written.error();
  log_.info(fmt::format("{}: started with {} {} in {} {}", start.created.rollout.id,
                        members->size(), members->size() == 1 ? "instance" : "instances",
                        plan.waves.size(), plan.waves.size() == 1 ? "wave" : "waves"));
  return start.created.rollout.id;
}

Result<Driven> Driver::drive(const std::string& rollout) {
  auto stored = journal_->load(rollout);
  if (!stored) return stored.error();
  auto plan = frozen_plan(stored->record.plan, stored->record.project_id, rollout);
  if (!plan) return plan.error();
  std::vector<std::int64_t> totals;
  for (const StoredWave& wave : stored->waves)
    totals.push_back(wave.record.total);
  if (totals.size() != plan->waves.size()) {
    return Error{Fault::store, fmt::format("rollout {}: its waves are not its plan's; `pawl audit "
                                           "verify` finds the first bad entry",
                                           rollout)};
  }
  auto client = connect(*plan);
  if (!client) return client.error();
  const MajorUpgrade workflow(goal_of(*plan), plan->timeouts, plan->check);
  Progress progress(log_, rollout, isatty(STDERR_FILENO) == 1);
  auto loop = Loop::take_up({workflow, clock_, **client, *journal_, progress},
                            rules_of(*plan, totals), *stored);
  if (!loop) return loop.error();
  if (Outcome said = say_started(); !said) return said.error();
  Driven driven{Ending::finished};
  auto ending = turns(**loop, driven.signal);
  if (!ending) return ending.error();
  driven.ending = **ending;
  driven.refused = (*loop)->refused_because();
  return driven;
}

/// Turns the loop until it ends. After the first signal it takes nothing new and lets what is on
/// its way be answered.
Result<std::optional<Ending>> Driver::turns(Loop& loop, int& signal) {
  while (true) {
    auto ending = loop.turn();
    if (!ending) {
      why_stopped_ = "the store failed";
      started_ = false;  // its tail is unknown: nothing more may be written
      return ending;
    }
    if (*ending) return ending;
    if (const auto came = signals_.take()) {
      signal = *came;
      why_stopped_ = *came == SIGINT ? "interrupted" : "terminated";
      loop.stop();
    }
  }
}

}  // namespace pawl
