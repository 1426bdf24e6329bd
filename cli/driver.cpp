#include "cli/driver.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "cli/cloud_client.h"
#include "cli/credentials.h"
#include "cli/fleet.h"
#include "cli/progress.h"
#include "cli/rehearsal.h"
#include "cli/rollout_start.h"
#include "cli/run_facts.h"
#include "cli/stored_plan.h"
#include "engine/entries.h"
#include "engine/version.h"
#include "storage/audit.h"
#include "storage/deliveries.h"
#include "storage/levers.h"

namespace pawl {

namespace {

constexpr Duration levers_every{400};
/// What notifications that are not delivered yet are given at the end.
constexpr Duration last_delivery{5'000}, hurried_delivery{1'000};

Result<StoredPlan> load_plan(Journal& journal, const std::string& rollout) {
  auto stored = journal.load(rollout);
  if (!stored) return stored.error();
  auto plan = stored_plan(std::move(*stored));
  if (plan) plan->rules.levers_every = levers_every;
  return plan;
}

/// For a loop that only answers levers: nothing leaves.
class NoClient final : public HttpClient {
 public:
  std::size_t idle() const override { return 0; }
  void start(Ticket, const Call&, Instant) override {
    check(false, "a loop that only answers levers calls nobody");
  }
  void wait(Instant, std::vector<Completion>&) override {}
};

std::string words_for(const Waiting& waiting, const RolloutRules& rules) {
  const std::string wave =
      waiting.wave < 0 ? "" : rules.waves[static_cast<std::size_t>(waiting.wave)].name;
  const std::string until = waiting.until ? " until " + format_utc(waiting.until->at) : "";
  switch (waiting.what) {
    case Waiting::What::unpause:
      return "it is paused; `pawl unpause` lets it go on";
    case Waiting::What::unfreeze:
      return "the store is frozen; `pawl unfreeze` lets it go on";
    case Waiting::What::approval:
      return fmt::format("wave {} waits for approval; `pawl approve` opens it", wave);
    case Waiting::What::soak:
      return fmt::format("wave {} soaks{}", wave, until);
    case Waiting::What::window:
      return fmt::format("wave {} waits for its maintenance window{}", wave,
                         until.empty() ? "" : ", from " + until.substr(7));
  }
  return "";
}

}  // namespace

Driver::Driver(std::unique_ptr<Store> store, std::unique_ptr<SqliteJournal> journal, const Log& log)
    : store_(std::move(store)),
      journal_(std::move(journal)),
      log_(log),
      commands_({secret_variables()}),
      clock_(journal_->head().at),
      webhook_secret_(take_webhook_secret()) {}

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
  if (!authorized_) {
    auto credentials = authorizer_for(plan);
    if (!credentials) return credentials.error();
    authorizer_ = std::move(*credentials);
    authorized_ = true;
  }
  auto client = client_for(plan, clock_, authorizer_.get());
  if (client) (*client)->watch(signals_.descriptor());
  return client;
}

/// The fleet and the client are gone with this call: a rollout holds a great many runs.
Result<std::vector<Member>> Driver::members_of(const Plan& plan, const Ids* only) {
  auto client = connect(plan);
  if (!client) return client.error();
  auto last = journal_->lease(account_of(plan));
  if (!last) return last.error();
  Quota quota(account_of(plan), plan.cloud.calls_per_minute, *last, clock_.now());
  const auto keep_lease = [this](const QuotaLease& lease) {
    Batch batch;
    batch.lease = &lease;
    return journal_->commit(batch);
  };
  auto fleet = list_fleet({clock_, **client, keep_lease}, quota, plan);
  if (!fleet) return fleet.error();
  auto members = resolve(plan, *fleet, only);
  if (!members) {
    return Error{members.error().fault,
                 fmt::format("{}\nnothing was started", members.error().what)};
  }
  return members;
}

Result<std::string> Driver::start(const PlanFile& file, const StartWish& wish) {
  const Plan& plan = file.plan;
  auto members = members_of(plan, wish.followed ? &wish.only : nullptr);
  if (!members) return members.error();
  if (wish.followed && members->empty()) {
    return Error{Fault::usage,
                 fmt::format("the plan takes none of the instances that did not succeed in {}; "
                             "nothing was started",
                             wish.followed->record.id)};
  }
  AuditReader audit(store_->database());
  if (Outcome free = free_of_rollouts(audit, *members, ""); !free) return free.error();
  auto number = audit.next_number(counted_as(plan, wish.kind));
  if (!number) return number.error();
  auto first_run = audit.next_run();
  if (!first_run) return first_run.error();

  if (Outcome said = say_started(); !said) return said.error();
  // To begin a run is the same whatever its rollout will be called.
  const auto workflow = workflow_for(plan, wish.kind, {});
  StartedBy by{*number, *first_run, file.bytes, file.path, present_actor(), clock_.now()};
  by.kind = wish.kind;
  if (wish.followed) by.failed_of = wish.followed->record.id;
  Start start = start_rollout(plan, *workflow, *members, by);
  if (wish.followed) {
    start.entries.push_back(followed_entry(by.failed_of, wish.followed->state,
                                           wish.followed->state_data, start.created.rollout.id,
                                           by.actor, by.at));
  }
  Batch batch;
  batch.created = &start.created;
  batch.entries = start.entries;
  if (Outcome written = journal_->commit(batch); !written) return written.error();
  log_.info(fmt::format("{}: started with {} {} in {} {}", start.created.rollout.id,
                        members->size(), members->size() == 1 ? "instance" : "instances",
                        plan.waves.size(), plan.waves.size() == 1 ? "wave" : "waves"));
  if (wish.kind == RolloutKind::upgrade) {
    if (Outcome said = say_rehearsed(plan, *members); !said) return said.error();
  }
  return start.created.rollout.id;
}

Outcome Driver::say_rehearsed(const Plan& plan, std::span<const Member> members) {
  if (plan.cutover == cloud::Cutover::no) return Done{};
  auto past = past_of(store_->database(), plan);
  if (!past) return past.error();
  auto rehearsal = rehearsal_of(store_->database(), plan, *past, members);
  if (!rehearsal) return rehearsal.error();
  const std::string words = rehearsal_words(*rehearsal);
  if (!words.empty()) log_.info(words);
  const std::string failed = rehearsal_warning(*rehearsal);
  if (!failed.empty()) log_.warn(failed);
  return Done{};
}

Result<Driven> Driver::drive(const std::string& rollout, AtWait at_wait) {
  auto taken = load_plan(*journal_, rollout);
  if (!taken) return taken.error();
  auto client = connect(taken->plan);
  if (!client) return client.error();
  (*client)->watch(commands_.descriptor());
  auto notifier = Notifier::open({store_->database(), clock_, log_}, rollout, taken->plan.notify,
                                 webhook_secret_);
  if (!notifier) return notifier.error();
  (*notifier)->wake(**client);
  Progress progress(log_, rollout, isatty(STDERR_FILENO) == 1);
  taken->rules.leave_when_waiting = at_wait == AtWait::leave;
  auto loop = Loop::take_up({*taken->workflow, clock_, **client, *journal_, progress, &commands_},
                            taken->rules, taken->stored);
  if (!loop) return loop.error();
  taken->stored = {};  // the loop has its own
  if (Outcome said = say_started(); !said) return said.error();
  Driven driven{Ending::finished};
  auto ending = turns(**loop, **notifier, rollout, driven.signal);
  if (!ending) return ending.error();
  const bool hurried = **ending == Ending::interrupted;
  if (Outcome told =
          (*notifier)->finish(journal_->head().seq, hurried ? hurried_delivery : last_delivery);
      !told) {
    return told.error();
  }
  driven.ending = **ending;
  driven.refused = (*loop)->refused_because();
  if (driven.ending == Ending::waiting) {
    driven.waits = words_for(*(*loop)->what_waits(clock_.now()), taken->rules.rollout);
  }
  return driven;
}

Outcome Driver::pull_levers(const std::string& rollout) {
  if (rollout.empty()) return pull_on_store();
  auto taken = load_plan(*journal_, rollout);
  if (!taken) return taken.error();
  NoClient client;
  Progress progress(log_, rollout, false);
  auto loop = Loop::take_up({*taken->workflow, clock_, client, *journal_, progress}, taken->rules,
                            taken->stored);
  if (!loop) return loop.error();
  return (*loop)->pull_levers();
}

Outcome Driver::deliver(const std::string& rollout) {
  auto ids = rollouts_to_tell_of(store_->database());
  if (!ids) return ids.error();
  for (const std::string& id : *ids) {
    if (!rollout.empty() && id != rollout) continue;
    if (Outcome told = deliver_of(id); !told) return told;
  }
  return Done{};
}

Outcome Driver::deliver_of(const std::string& rollout) {
  auto record = AuditReader(store_->database()).plan_of(rollout);
  if (!record) return record.error();
  auto plan = frozen_plan(record->plan, record->project_id, rollout);
  if (!plan) return plan.error();
  auto notifier =
      Notifier::open({store_->database(), clock_, log_}, rollout, plan->notify, webhook_secret_);
  if (!notifier) return notifier.error();
  return (*notifier)->finish(journal_->head().seq, last_delivery);
}

Outcome Driver::pull_on_store() {
  auto levers = journal_->begin("");
  if (!levers) return levers.error();
  auto frozen = store_frozen(store_->database());
  if (!frozen) return frozen.error();
  std::vector<Entry> entries;
  std::vector<std::int64_t> pulled;
  for (const Lever& lever : *levers) {
    entries.push_back(store_lever_entry(lever, *frozen, clock_.now()));
    pulled.push_back(lever.id);
  }
  Batch batch;
  batch.entries = entries;
  batch.pulled = pulled;
  return journal_->commit(batch);
}

Outcome Driver::pull_elsewhere(const std::string& driven) {
  const Instant now = clock_.now();
  if (now - elsewhere_at_ < levers_every) return Done{};
  elsewhere_at_ = now;
  auto ids = rollouts_with_levers(store_->database());
  if (!ids) return ids.error();
  for (const std::string& id : *ids) {
    if (id.empty() || id == driven) continue;  // the loop's own
    if (Outcome pulled = pull_levers(id); !pulled) return pulled;
  }
  return Done{};
}

/// Turns the loop until it ends. After the first signal it takes nothing new and lets what is on
/// its way be answered.
Result<std::optional<Ending>> Driver::turns(Loop& loop, Notifier& notifier,
                                            const std::string& rollout, int& signal) {
  const auto store_failed = [this](const Error& error) {
    why_stopped_ = "the store failed";
    started_ = false;  // its tail is unknown: nothing more may be written
    return error;
  };
  while (true) {
    auto ending = loop.turn();
    if (!ending) return store_failed(ending.error());
    if (*ending) return ending;
    if (Outcome pulled = pull_elsewhere(rollout); !pulled) return store_failed(pulled.error());
    if (Outcome told = notifier.turn(journal_->head().seq); !told)
      return store_failed(told.error());
    if (const auto came = signals_.take()) {
      signal = *came;
      why_stopped_ = *came == SIGINT ? "interrupted" : "terminated";
      loop.stop();
    }
  }
}

}  // namespace pawl
