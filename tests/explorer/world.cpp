#include "tests/explorer/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "engine/gated_step.h"
#include "tests/explorer/cloud_acts.h"
#include "tests/explorer/laws.h"
#include "tests/explorer/levers.h"
#include "tests/explorer/taken_up.h"
#include "workflows/upgrade_looks.h"

namespace pawl::explorer {

namespace {

/// What can come between any two steps of the run's.
enum class Meanwhile : std::uint8_t {
  nothing,
  check,
  check_of_another_target,
  upgrade,
  upgrade_of_another_target,
  upgrade_of_another_cutover,
  change,
  older_copy,
  copy_behind,
  crash,
};

enum class Fate : std::uint8_t {
  answered,
  answer_lost,
  lost,
  travels,
  answer_without_id,
  busy,
  refused,
  throttled,
  not_sent,
  crash_after_arrival,
  crash_on_the_way,
};

HttpResponse refusal(int status, std::string_view code) {
  return answer_with(status, fmt::format(R"({{"error_code":"{}","error_msg":"no"}})", code));
}

class Step {
 public:
  Step(World& world, Chooser& choices, Story* story)
      : world_(world), adversary_(world, choices, story) {}

  std::optional<std::string> take();

 private:
  bool is_held() const;
  void lift(LeverKind kind);
  void lever(LeverKind kind);
  void retry();
  void meanwhile(Meanwhile what);
  std::vector<Meanwhile> acts_of_others();
  Task* forgettable();
  Task* unseen();
  void note_sighted(const HttpResponse& response);
  void crash();
  void go_on();
  void look();
  void submit();
  void wait();
  void wake();
  void park(Gate gate);
  void happen(decltype(Event::what) what, Given given);
  void answer(HttpResponse response, Given given);
  void lose(std::string_view words);
  void refuse(HttpResponse response);
  bool broken() const { return adversary_.broken.has_value(); }
  void blame(std::optional<std::string> law) {
    if (!broken()) adversary_.broken = std::move(law);
  }
  void tell(const std::string& line) { adversary_.tell(line); }

  World& world_;
  Adversary adversary_;
};

std::optional<std::string> Step::take() {
  const OpenLevers levers = open_levers(world_);
  const bool cancelled = world_.office.state == RolloutState::cancelling;
  const std::size_t cancels = cancelled && rollout_of(world_).cancels(world_.run) ? 1 : 0;
  const std::size_t goes_on = world_.over() || is_held() ? 0 : 1;
  const std::size_t free = cancels + goes_on + levers.lifts.size();
  // What a step does not touch can as well come after it.
  const bool touches_the_cloud =
      !world_.over() && !world_.intent_open && !std::holds_alternative<Park>(world_.effect);
  std::vector<Meanwhile> acts;
  if (touches_the_cloud) acts = acts_of_others();
  const std::size_t faults = acts.size();
  const std::size_t crashes = touches_the_cloud ? 1 : 0;
  if (free == 0 && !world_.over()) return "law 6: nothing lets the run go on, and nobody can";
  std::size_t chosen = adversary_.pick(free, faults, crashes, levers.others.size());
  if (chosen < cancels) {
    happen(Directed{Directive::cancel, "engine", ""}, Given::other);
  } else if (chosen < cancels + goes_on) {
    go_on();
  } else if (chosen < free) {
    lift(levers.lifts[chosen - cancels - goes_on]);
  } else if (chosen < free + faults) {
    meanwhile(acts[chosen - free]);
  } else if (chosen < free + faults + crashes) {
    meanwhile(Meanwhile::crash);
  } else {
    lever(levers.others[chosen - free - faults - crashes]);
  }
  return adversary_.broken;
}

std::vector<Meanwhile> Step::acts_of_others() {
  std::vector<Meanwhile> acts{Meanwhile::check,
                              Meanwhile::check_of_another_target,
                              Meanwhile::upgrade,
                              Meanwhile::upgrade_of_another_target,
                              Meanwhile::upgrade_of_another_cutover,
                              Meanwhile::change};
  if (forgettable() != nullptr) acts.push_back(Meanwhile::older_copy);
  if (unseen() != nullptr) acts.push_back(Meanwhile::copy_behind);
  return acts;
}

/// It waits for a leave that it is not given.
bool Step::is_held() const {
  const auto* park = std::get_if<Park>(&world_.effect);
  return park && !world_.intent_open && !is_admitted(world_, park->gate);
}

/// A pause or a freeze that has held the run back may have done so for long.
void Step::lift(LeverKind kind) {
  constexpr std::array<Tick, 3> after{0, a_while, very_long};
  if (is_held()) adversary_.pass(after[adversary_.choose(after.size())]);
  lever(kind);
}

void Step::lever(LeverKind kind) {
  if (broken()) return;
  if (kind == LeverKind::retry) return retry();
  if (adversary_.told()) tell(fmt::format("{:>4} s  a person: {}", world_.now, to_string(kind)));
  if (kind == LeverKind::skip) {
    return happen(Directed{Directive::skip, "ann@host", ""}, Given::directive);
  }
  pull(world_, kind);
}

/// At once, or once what is under way has come to its end.
void Step::retry() {
  if (adversary_.choose(2) == 1) adversary_.pass(a_while);
  if (broken()) return;
  tell("a person: retry");
  if (world_.run.state == RunState::failed && world_.workflow->steps()[world_.run.step].submits) {
    ++world_.office.retries;
    for (Task& check : world_.cloud.checks)
      check.before_retry = check.state != State::running;
  }
  happen(Directed{Directive::retry, "ann@host", ""}, Given::directive);
}

void Step::meanwhile(Meanwhile what) {
  Task task;
  task.whose = Whose::foreign;
  task.cutover = world_.cutover;
  const Tick hidden_until = world_.now + settle - 1;
  switch (what) {
    case Meanwhile::nothing:
      return;
    case Meanwhile::check_of_another_target:
      task.target = Target::other;
      [[fallthrough]];
    case Meanwhile::check:
      return adversary_.take_on(false, task, hidden_until);
    case Meanwhile::upgrade_of_another_target:
      task.target = Target::other;
      return adversary_.take_on(true, task, hidden_until);
    case Meanwhile::upgrade_of_another_cutover:
      task.cutover = !world_.cutover;
      [[fallthrough]];
    case Meanwhile::upgrade:
      return adversary_.take_on(true, task, hidden_until);
    case Meanwhile::change:
      ++world_.cloud.source_version;
      world_.cloud.changed = world_.now;
      return tell("someone gives the instance another minor version");
    case Meanwhile::older_copy:
      forgettable()->hidden_until = world_.now + 3 * settle + 3;
      return tell("an older copy of the cloud's data answers for a while");
    case Meanwhile::copy_behind:
      unseen()->behind = true;
      return tell("a copy answers that has not heard of the upgrade, for as long as it is doubted");
    case Meanwhile::crash:
      return crash();
  }
}

/// An upgrade of pawl's that no look in doubt has shown. It shows once there is no doubt any more:
/// of one that never does nothing could ever be told.
Task* Step::unseen() {
  if (world_.run.phase != Phase::unsure) return nullptr;
  for (Task& task : world_.cloud.upgrades) {
    if (task.whose == Whose::pawl && !task.sighted && !task.behind) return &task;
  }
  return nullptr;
}

/// An upgrade of pawl's that a look in doubt has shown.
Task* Step::forgettable() {
  for (Task& task : world_.cloud.upgrades) {
    if (task.sighted && task.hidden_until <= world_.now) return &task;
  }
  return nullptr;
}

/// Which upgrades the run has been shown, and may have to remember.
void Step::note_sighted(const HttpResponse& response) {
  if (world_.run.phase != Phase::unsure) return;
  for (Task& task : world_.cloud.upgrades) {
    const bool shown = response.body.find(cloud_text(task.start)) != std::string::npos;
    if (shown && task.whose == Whose::pawl) task.sighted = true;
  }
}

/// What is not committed is gone; a driver takes up what is.
void Step::crash() {
  tell("the driver is killed, and another one takes up what is committed");
  world_.run = taken_up(*world_.committed);
  world_.dated = -1'000'000;
  const auto effect = resume_effect(*world_.workflow, world_.run);
  world_.intent_open = !effect;
  world_.effect = effect.value_or(Effect{Submit{}});
  world_.wake = world_.now;
  wake();
}

void Step::go_on() {
  if (world_.intent_open) {
    world_.intent_open = false;
    return happen(Unanswered{Delivery::unknown, "the driver ended"}, Given::other);
  }
  std::visit(Overloaded{
                 [&](const Ask&) { look(); },
                 [&](const Submit&) { submit(); },
                 [&](const Await&) { wait(); },
                 [&](const Park& parked) { park(parked.gate); },
                 [&](const Finish&) {},
             },
             Effect{world_.effect});
}

void Step::park(Gate gate) {
  const std::size_t chosen = adversary_.pick(1, gate == Gate::send ? 1 : 2);
  if (chosen > 0) {
    const bool briefly = chosen == 1;
    tell(briefly ? "the run is held back for a while" : "the run is held back very long");
    return adversary_.pass(briefly ? a_while : very_long);
  }
  happen(Admitted{gate}, gate == Gate::send ? Given::leave_to_send : Given::other);
}

void Step::wait() {
  adversary_.tick();
  wake();
}

void Step::lose(std::string_view words) {
  tell(std::string(words));
  adversary_.tick();
  if (!broken()) happen(Unanswered{Delivery::unknown, "no answer in time"}, Given::other);
}

void Step::look() {
  const HttpRequest request = world_.workflow->ask(world_.run, std::get<Ask>(world_.effect).look);
  for (Task& task : world_.cloud.upgrades) {
    if (task.behind) task.hidden_until = world_.run.phase == Phase::unsure ? never : world_.now;
  }
  const bool status = asks_status(request), history = asks_history(request);
  const std::size_t kinds = status ? 5 : history ? 4 : 3;
  const std::size_t chosen = adversary_.pick(1, kinds);
  if (adversary_.told()) {
    std::string query;
    for (const auto& [name, value] : request.query) {
      if (name == "action" || name == "id" || name == "name") query += " " + value;
    }
    tell(fmt::format("the run asks {}{}", request.path.substr(request.path.rfind('/') + 1), query));
  }
  switch (chosen) {
    case 0:
      if (request.path.ends_with("/instances")) world_.version_seen = world_.cloud.source_version;
      note_sighted(world_.cloud.answer(request, world_.now, Shown::newest));
      return answer(world_.cloud.answer(request, world_.now, Shown::newest), Given::other);
    case 1:
      return lose("  no answer comes");
    case 2:
      tell("  a page that is no answer comes");
      return answer(answer_with(200, "<html>"), Given::unreadable);
    case 3:
      tell("  503 comes");
      return answer(answer_with(503, "<html>"), Given::unreadable);
    case 4:
      if (history) {
        tell("  the newest entry of the answer cannot be read");
        HttpResponse garbled = world_.cloud.garbled(request, world_.now);
        const bool empty =
            garbled.body == world_.cloud.answer(request, world_.now, Shown::newest).body;
        return answer(std::move(garbled), empty ? Given::other : Given::entry_unreadable);
      }
      tell("  the answer repeats what was before");
      return answer(world_.cloud.answer(request, world_.now, Shown::previous), Given::other);
    default:
      tell("  404 comes, without a code");
      return answer(answer_with(404, "{}"), Given::other);
  }
}

void Step::submit() {
  blame(judge_send(world_));
  if (broken()) return;
  const HttpRequest request = world_.workflow->submit(world_.run);
  const bool upgrade = request.path.ends_with("/upgrade");
  const Travelling sent{upgrade, world_.run.attempts[1], world_.now, world_.now + settle - 1};
  const auto fate = static_cast<Fate>(adversary_.pick(1, 8, 2));
  tell(upgrade ? "the run sends the upgrade" : "the run sends the check");
  if (upgrade && fate == Fate::answered && !adversary_.has_valid_report()) {
    return refuse(refusal(400, "DBS.200402"));
  }
  switch (fate) {
    case Fate::answered:
    case Fate::answer_lost:
    case Fate::answer_without_id:
    case Fate::crash_after_arrival:
      adversary_.arrive(sent);
      if (broken()) return;
      if (fate == Fate::answer_lost) return lose("  the answer is lost");
      if (fate == Fate::crash_after_arrival) return crash();
      if (fate == Fate::answer_without_id) return answer(answer_with(200, "{}"), Given::other);
      return answer(answer_with(200, upgrade ? R"({"job_id":"job"})"
                                             : fmt::format(R"({{"report_id":"check{}"}})",
                                                           world_.cloud.checks.size() - 1)),
                    Given::other);
    case Fate::lost:
      return lose("  it is lost on the way");
    case Fate::travels:
      world_.travelling = sent;
      return lose("  it is slow on its way, and no answer comes");
    case Fate::crash_on_the_way:
      world_.travelling = sent;
      tell("  it is slow on its way");
      return crash();
    case Fate::busy:
      return refuse(refusal(409, "DBS.200011"));
    case Fate::refused:
      return refuse(refusal(403, "DBS.200010"));
    case Fate::throttled:
      return refuse(refusal(429, "APIGW.0308"));
    case Fate::not_sent:
      tell("  no connection: it is not sent");
      return happen(Unanswered{Delivery::not_sent, "no connection"}, Given::other);
  }
}

void Step::refuse(HttpResponse response) {
  if (adversary_.told())
    tell(fmt::format("  it is refused: {} {}", response.status, response.body));
  answer(std::move(response), Given::other);
}

void Step::answer(HttpResponse response, Given given) {
  if (adversary_.told() && response.status == 200) tell("    " + response.body);
  if (world_.cloud.conduct.dated) {
    response.date = CloudInstant{instant_of(world_.now)};
    world_.dated = world_.now;
  }
  happen(Replied{std::move(response)}, given);
}

void Step::happen(decltype(Event::what) what, Given given) {
  const Run before = world_.run;
  const Event event{instant_of(world_.now), cloud_now(world_), std::move(what)};
  Decision decision = decide(*world_.workflow, before, event);
  if (adversary_.told()) {
    tell(fmt::format("{:>4} s  {} {}: {}{}{}", world_.now,
                     world_.workflow->steps()[decision.next.step].name,
                     to_string(decision.next.phase),
                     decision.audit ? decision.audit->event : "(nothing committed)",
                     decision.next.reason.empty() ? "" : ": ", decision.next.reason));
  }
  world_.run = std::move(decision.next);
  world_.run.reason.clear();
  world_.effect = decision.effect;
  if (decision.audit) world_.committed = std::make_shared<const Run>(world_.run);
  // Nothing else of a run moves its rollout; no time does, for nothing soaks.
  if (before.state != world_.run.state || before.checked_once != world_.run.checked_once)
    advance(world_);
  if (const auto* await = std::get_if<Await>(&world_.effect)) {
    world_.wake = await->pace == Pace::at_once ? world_.now : world_.now + 1;
    if (await->not_before) world_.wake = std::max(world_.wake, tick_of(*await->not_before));
  }
  blame(judge_move(world_, before, given));
  wake();
}

/// Nothing can come between a time that has come and what it wakes.
void Step::wake() {
  const bool asleep = std::holds_alternative<Await>(world_.effect) && !world_.intent_open;
  if (!broken() && asleep && world_.now >= world_.wake) happen(Woke{}, Given::other);
}

}  // namespace

Tick tick_of(Instant at) {
  const auto since = std::chrono::floor<std::chrono::seconds>(at - instant_of(0));
  return static_cast<Tick>(std::clamp<std::int64_t>(since.count(), -never, never));
}

std::optional<CloudNow> cloud_now(const World& world) {
  if (world.now - world.dated > 60) return std::nullopt;
  return CloudNow{{instant_of(world.now)}, {instant_of(world.now + 1)}};
}

World begin_world(const Workflow& workflow, bool cutover, bool listed, Conduct conduct,
                  Mischief mischief) {
  World world;
  world.workflow = &workflow;
  world.cutover = cutover;
  world.cloud.conduct = conduct;
  world.mischief = mischief;
  Run run;
  run.id = 1;
  run.instance_id = std::string("source");
  run.name = std::string("db");
  if (listed) {
    note_listed(run.facts, {instant_of(world.now), fmt::format("13.{}", world.cloud.source_version),
                            cloud_text(world.cloud.changed)});
    world.version_seen = world.cloud.source_version;
  }
  Decision decision = begin(workflow, std::move(run), instant_of(world.now));
  world.run = std::move(decision.next);
  world.effect = decision.effect;
  world.committed = std::make_shared<const Run>(world.run);
  advance(world);
  return world;
}

std::optional<std::string> step(World& world, Chooser& chooser, Story* story) {
  return Step(world, chooser, story).take();
}

}  // namespace pawl::explorer
