#include "cli/driver.h"

#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "cli/answering.h"
#include "cli/closings.h"
#include "cli/cloud_client.h"
#include "cli/credential_sources.h"
#include "cli/exchange.h"
#include "cli/first_few.h"
#include "cli/lock_wait.h"
#include "cli/progress.h"
#include "cli/refusals.h"
#include "cli/run_facts.h"
#include "cli/stored_plan.h"
#include "cli/text.h"
#include "engine/entries.h"
#include "engine/version.h"
#include "storage/audit.h"
#include "storage/deliveries.h"
#include "storage/levers.h"
#include "workflows/cloud_errors.h"
#include "workflows/cloud_requests.h"

namespace pawl {

namespace {

constexpr Duration levers_every{400};
/// What notifications that are not delivered yet are given at the end.
constexpr Duration last_delivery{5'000}, hurried_delivery{1'000};
constexpr Duration renew_again = std::chrono::minutes{10};

Result<StoredPlan> load_plan(Journal& journal, const std::string& rollout) {
  auto stored = journal.load(rollout);
  if (!stored) return stored.error();
  auto plan = stored_plan(std::move(*stored));
  if (plan) plan->rules.levers_every = levers_every;
  return plan;
}

/// A lever may set it going again.
bool stands_still(Ending ending) {
  return ending == Ending::halted || ending == Ending::attention || ending == Ending::waiting;
}

/// Why a driver that has nothing more to do stops, for whoever asks later; `before`: as it was told
/// so far.
std::string why_ended(const Driven& driven, const std::string& rollout, const std::string& before) {
  switch (driven.ending) {
    case Ending::halted:
      return fmt::format("{} is halted", rollout);
    case Ending::attention:
      return fmt::format("{} needs a person", rollout);
    case Ending::waiting:
      return fmt::format("{} waits: {}", rollout, driven.waits.why);
    case Ending::finished:
    case Ending::cancelled:
      return before.starts_with(rollout + " waits: ") ? "nothing more to do" : before;
    case Ending::interrupted:
    case Ending::refused:
      break;
  }
  return before;
}

}  // namespace

Driver::Driver(std::unique_ptr<Store> store, std::unique_ptr<SqliteJournal> journal,
               const Options& options, const Log& log)
    : store_(std::move(store)),
      journal_(std::move(journal)),
      log_(log),
      clock_(journal_->head().at),
      commands_({secret_variables()}, clock_),
      ca_file_(options.ca_file),
      webhook_secret_(take_webhook_secret()) {}

Result<std::unique_ptr<Driver>> Driver::open(const Options& options, const Log& log) {
  const Instant now = wall_time();
  Result<std::unique_ptr<Store>> store =
      Store::open_for_driving(options.store, this_process(now), lock_wait_told_by(log));
  if (!store) return store.error();
  auto journal = SqliteJournal::make((*store)->database(), (*store)->holder());
  if (!journal) return journal.error();
  return std::unique_ptr<Driver>(new Driver(std::move(*store), std::move(*journal), options, log));
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
  log_.info(fmt::format("the journal's head is seq {}, {}", journal_->head().seq,
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

Result<std::unique_ptr<CurlClient>> Driver::connect(Plan& plan) {
  if (!found_) {
    auto found = take_credentials(log_);
    if (!found) return found.error();
    found_ = std::move(*found);
  }
  const ProofTarget target = target_of(plan, ca_file_);
  if (!credentials_ || !credentials_->fit(target)) {
    if (Outcome may = may_be_tried(store_->database(), *found_, clock_.now()); !may) {
      return may.error();
    }
    let_in_ = false;
    std::optional<FailedCall> failed;
    auto credentials = Credentials::open(
        *found_, target, clock_, [this] { return go_on(); }, &failed);
    if (!credentials && failed && is_refusal(*failed, *found_)) {
      const std::string& what = credentials.error().what;
      if (Outcome noted = note_refused(what.substr(0, what.find('\n'))); !noted) {
        return noted.error();
      }
    }
    if (!credentials) return credentials.error();
    credentials_ = std::move(*credentials);
  }
  if (Outcome known = fill_in_project(plan, *credentials_); !known) return known.error();
  auto client = client_for(target, *credentials_, clock_);
  if (client) (*client)->watch(signals_.descriptor());
  return client;
}

Outcome Driver::note_refused(const std::string& words) {
  why_stopped_ = "the cloud refuses the credentials: " + words;
  noted_ = true;
  return note_refusal(store_->database(), *found_, clock_.now());
}

Outside Driver::outside(CurlClient& client) {
  return {clock_, client, *credentials_, [this](Quota& quota) { return lease(quota); },
          [this] { return go_on(); }};
}

Result<bool> Driver::lease(Quota& quota) {
  const auto stored = journal_->lease(quota.account());
  if (!stored) return stored.error();
  const Instant now = clock_.now();
  if (*stored) quota.stored(**stored, now);
  const auto next = quota.next_lease(now);
  if (!next) return false;
  // The loop's turns tell of their own moves; this is a listing before, or a question between them.
  std::vector<Entry> told;
  if (const auto move = quota.take_move()) told.push_back(rate_entry(*move, "", now));
  Batch batch;
  batch.entries = told;
  batch.lease = &*next;
  if (Outcome written = journal_->commit(batch); !written) return written.error();
  quota.leased(*next);
  return true;
}

Outcome Driver::unless_stopped() {
  const auto came = signals_.take();
  if (!came) return Done{};
  const bool interrupted = *came == SIGINT;
  why_stopped_ = interrupted ? "interrupted" : "terminated";
  return Error{
      interrupted ? Fault::interrupted : Fault::terminated,
      started_
          ? fmt::format("{} while the cloud was waited for; `pawl resume` goes on", why_stopped_)
          : fmt::format("{} before this driver started anything; the same command begins again",
                        why_stopped_)};
}

Outcome Driver::go_on() {
  // The loop takes a signal itself; whatever asks here in the midst of it only makes way.
  if (looping_ && signals_.pending()) return Error{Fault::interrupted, "a signal has come"};
  if (looping_) return Done{};
  if (Outcome stopped = unless_stopped(); !stopped) return stopped;
  return pull_all();
}

Result<Quota> Driver::quota_of(const Plan& plan) {
  auto last = journal_->lease(account_of(plan));
  if (!last) return last.error();
  return Quota(account_of(plan), plan.cloud.calls_per_minute, *last, clock_.now());
}

/// The fleet and the client are gone with this call: a rollout holds a great many runs.
Result<std::vector<Member>> Driver::members_of(Plan& plan, FollowUp* follow_up) {
  auto client = connect(plan);
  if (!client) return client.error();
  auto quota = quota_of(plan);
  if (!quota) return quota.error();
  tell_of_listing(log_, plan);
  auto fleet = list_fleet(outside(**client), *quota, plan);
  if (!fleet && fleet.error().fault == Fault::refused) {
    if (Outcome noted = note_refused(fleet.error().what); !noted) return noted.error();
  }
  if (!fleet) return fleet.error();
  let_in_ = true;
  auto members = members_among(plan, *fleet, follow_up ? &follow_up->only : nullptr, log_);
  if (!members) {
    return Error{members.error().fault,
                 fmt::format("{}\nnothing was started", members.error().what)};
  }
  if (follow_up == nullptr) return members;
  if (Outcome fits = fit(*follow_up, plan, fleet->instances, *members); !fits) return fits.error();
  return members;
}

Result<std::string> Driver::start(const PlanFile& file, StartWish wish) {
  Plan plan = file.plan;
  FollowUp* const follow_up = wish.follow_up ? &*wish.follow_up : nullptr;
  auto members = members_of(plan, follow_up);
  if (!members) return members.error();
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
  if (follow_up) {
    by.failed_of = follow_up->followed.record.id;
    by.upgraded = follow_up->upgraded;
  }
  auto past = past_of(store_->database(), plan);
  if (!past) return past.error();
  for (const auto& [id, run] : past->upgraded)
    by.replaced.emplace(id, upgraded_words(run, plan));
  Start start = start_rollout(plan, *workflow, *members, by);
  if (follow_up) {
    const RolloutSummary& old = follow_up->followed;
    start.entries.push_back(followed_entry(old.record.id, old.state, old.state_data,
                                           start.created.rollout.id, by.actor, by.at));
  }
  Batch batch;
  batch.created = &start.created;
  batch.entries = start.entries;
  if (Outcome written = journal_->commit(batch); !written) return written.error();
  log_.info(fmt::format("{}: started with {} {} in {} {}", start.created.rollout.id,
                        members->size(), members->size() == 1 ? "instance" : "instances",
                        plan.waves.size(), plan.waves.size() == 1 ? "wave" : "waves"));
  if (follow_up) {
    if (const std::string words = words_of(*follow_up, *members); !words.empty()) log_.warn(words);
  }
  if (wish.kind == RolloutKind::upgrade) {
    if (Outcome said = say_rehearsed(plan, *past, *members); !said) return said.error();
  }
  return start.created.rollout.id;
}

Result<std::optional<std::string>> Driver::knock(CurlClient& client, const Plan& plan) {
  if (!credentials_->any() || let_in_) return std::optional<std::string>{};
  auto quota = quota_of(plan);
  if (!quota) return quota.error();
  if (Outcome taken = take_call(outside(client), *quota); !taken) return taken.error();
  const auto answered =
      exchange(clock_, client, cloud::ask_instances(plan.cloud.project_id, {0, 1}),
               plan.timeouts.request, [this] { return go_on(); });
  if (!answered) return answered.error();
  const auto* response = std::get_if<HttpResponse>(&answered->what);
  let_in_ = response != nullptr && succeeded(*response);
  if (response == nullptr || response->status < 400) return std::optional<std::string>{};
  quota->heed(*response, cloud::throttle_of(*response), answered->sent, clock_.now());
  // The loop begins with what the store knows.
  if (const auto told = lease(*quota); !told) return told.error();
  const cloud::CloudError error = cloud::read_error(*response);
  if (cloud::classify(error, Method::get) != cloud::ErrorClass::renew_credentials) {
    return std::optional<std::string>{};
  }
  return std::optional(cloud::describe(error));
}

Outcome Driver::say_rehearsed(const Plan& plan, const Past& past, std::span<const Member> members) {
  if (plan.cutover == cloud::Cutover::no) return Done{};
  auto rehearsal = rehearsal_of(store_->database(), plan, past, members);
  if (!rehearsal) return rehearsal.error();
  const std::string words = rehearsal_words(*rehearsal);
  if (!words.empty()) log_.info(words);
  const std::string failed = rehearsal_warning(*rehearsal);
  if (!failed.empty()) log_.warn(failed);
  return Done{};
}

Result<Driven> Driver::drive_once(const std::string& rollout, AtWait at_wait) {
  auto taken = load_plan(*journal_, rollout);
  if (!taken) return taken.error();
  const std::int64_t loaded = journal_->head().seq;
  auto client = connect(taken->plan);
  if (!client) return client.error();
  auto refusal = knock(**client, taken->plan);
  if (!refusal) return refusal.error();
  if (*refusal) return Driven{Ending::refused, 0, **refusal, {}};
  if (journal_->head().seq != loaded) {  // levers were answered while the cloud was waited for
    auto fresh = journal_->load(rollout);
    if (!fresh) return fresh.error();
    taken->stored = std::move(*fresh);
  }
  (*client)->watch(commands_.descriptor());
  auto notifier = Notifier::open({store_->database(), clock_, log_, ca_file_}, rollout,
                                 taken->plan.notify, webhook_secret_);
  if (!notifier) return notifier.error();
  (*notifier)->wake(**client);
  Progress progress(log_, rollout, taken->rules.rollout, can_redraw(STDERR_FILENO));
  taken->rules.leave_when_waiting = at_wait == AtWait::leave;
  FirstFew calls(**client, let_in_ || !credentials_->any());
  auto loop = Loop::take_up({*taken->workflow, clock_, calls, *journal_, progress, &commands_},
                            taken->rules, taken->stored);
  if (!loop) return loop.error();
  taken->stored = {};  // the loop has its own
  if (Outcome said = say_started(); !said) return said.error();
  Stopping stopping({signals_, commands_, progress}, taken->plan.timeouts.request);
  looping_ = true;
  auto ending = turns(**loop, **notifier, rollout, stopping);
  looping_ = false;
  let_in_ = calls.let_in();
  if (!ending) return ending.error();
  Duration delivery = *ending == Ending::interrupted ? hurried_delivery : last_delivery;
  if (stopping.hurried()) delivery = {};
  const std::int64_t ended = journal_->head().seq;
  if (Outcome told = (*notifier)->finish([this] { return pulled_up_to(); }, delivery); !told)
    return told.error();
  Driven driven{*ending, stopping.signal()};
  driven.refused = (*loop)->refused_because();
  driven.levers_since = journal_->head().seq != ended;
  if (driven.ending == Ending::waiting) {
    driven.waits = standstill_of(*(*loop)->what_waits(clock_.now()), taken->rules.rollout, rollout);
  }
  return driven;
}

Result<Driven> Driver::drive(const std::string& rollout, AtWait at_wait) {
  std::optional<Instant> renewed_at;
  while (true) {
    auto driven = drive_once(rollout, at_wait);
    if (driven && driven->levers_since && stands_still(driven->ending)) continue;
    if (driven) why_stopped_ = why_ended(*driven, rollout, why_stopped_);
    const bool refused = driven && driven->ending == Ending::refused;
    if (!refused && !noted_) return driven;
    // Fresh ones are fetched by taking the rollout up again. Should they be refused as well, no
    // others would fare better.
    const Instant now = clock_.now();
    credentials_.reset();
    if (!refused || !can_be_renewed(*found_) || (renewed_at && now - *renewed_at < renew_again)) {
      if (Outcome noted = noted_ ? Done{} : note_refused(driven->refused); !noted) {
        return noted.error();
      }
      // The journal tells why nothing drives it, also where this driver did not come to drive.
      if (Outcome said = say_started(); !said) return said.error();
      return driven;
    }
    renewed_at = now;
    log_.warn(fmt::format("{}: the cloud refuses the credentials: {}; fetching fresh ones", rollout,
                          driven->refused));
  }
}

Outcome Driver::pull_levers(const std::string& rollout) {
  if (rollout.empty()) return pull_on_store();
  auto taken = Answering::take_up(*journal_, clock_, log_, rollout);
  if (!taken) return taken.error();
  return (*taken)->pull_levers(LeversOf::rollout_and_store);
}

Outcome Driver::pull_all() {
  auto ids = rollouts_with_levers(store_->database());
  if (!ids) return ids.error();
  for (const std::string& id : *ids) {
    if (Outcome pulled = id.empty() ? pull_on_store() : pull_of_another(id); !pulled) return pulled;
  }
  return Done{};
}

Result<std::int64_t> Driver::pulled_up_to() {
  if (Outcome pulled = pull_all(); !pulled) return pulled.error();
  return journal_->head().seq;
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
  if (!plan) {  // no reason to leave any other rollout
    log_.warn(fmt::format("{} has not told everything: {}", rollout, plan.error().what));
    return Done{};
  }
  auto notifier = Notifier::open({store_->database(), clock_, log_, ca_file_}, rollout,
                                 plan->notify, webhook_secret_);
  if (!notifier) return notifier.error();
  const auto unless_asked_to_stop = [this]() -> Result<std::int64_t> {
    if (Outcome stopped = unless_stopped(); !stopped) return stopped.error();
    return pulled_up_to();
  };
  return (*notifier)->finish(unless_asked_to_stop, last_delivery);
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
  if (Outcome written = journal_->commit(batch); !written) return written;
  return close_as_asked(*journal_, store_->database(), clock_.now());
}

Outcome Driver::pull_elsewhere(const std::string& driven) {
  const Instant now = clock_.now();
  if (now - elsewhere_at_ < levers_every) return Done{};
  elsewhere_at_ = now;
  auto ids = rollouts_with_levers(store_->database());
  if (!ids) return ids.error();
  for (const std::string& id : *ids) {
    if (id == driven) continue;  // the loop's own, as a freeze is
    Outcome pulled = id.empty() ? close_as_asked(*journal_, store_->database(), clock_.now())
                                : pull_of_another(id);
    if (!pulled) return pulled;
  }
  return Done{};
}

/// What is wrong with that rollout is no reason to leave the one that is driven.
Outcome Driver::pull_of_another(const std::string& rollout) {
  if (unanswerable_.contains(rollout)) return Done{};
  auto taken = Answering::take_up(*journal_, clock_, log_, rollout);
  if (taken) return (*taken)->pull_levers(LeversOf::rollout);
  unanswerable_.insert(rollout);
  log_.warn(fmt::format(
      "a lever of {} stays unanswered, and this driver goes on: {}\nonce {} can be read again "
      "(`pawl audit verify` tells more; a pawl of the version that wrote it may read it, or a "
      "backup have it whole), `pawl resume {}` answers the lever",
      rollout, taken.error().what, rollout, rollout));
  return Done{};
}

/// Turns the loop until it ends, or is left.
Result<Ending> Driver::turns(Loop& loop, Notifier& notifier, const std::string& rollout,
                             Stopping& stopping) {
  const auto store_failed = [this](const Error& error) {
    why_stopped_ = "the store failed";
    started_ = false;  // its tail is unknown: nothing more may be written
    return error;
  };
  while (true) {
    auto ending = loop.turn();
    if (!ending) return store_failed(ending.error());
    if (*ending) return **ending;
    if (stopping.leaves()) return Ending::interrupted;
    if (Outcome pulled = pull_elsewhere(rollout); !pulled) return store_failed(pulled.error());
    if (Outcome told = notifier.turn(journal_->head().seq); !told)
      return store_failed(told.error());
    credentials_->tend();
    stopping.tend(loop);
    if (stopping.signal() != 0)
      why_stopped_ = stopping.signal() == SIGINT ? "interrupted" : "terminated";
  }
}

}  // namespace pawl
