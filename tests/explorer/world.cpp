#include "tests/explorer/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "engine/gated_step.h"
#include "tests/explorer/cloud_acts.h"
#include "tests/explorer/laws.h"

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
  void meanwhile(Meanwhile what);
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
  // What a step does not touch can as well come after it.
  const bool touches_the_cloud =
      !world_.intent_open && !std::holds_alternative<Park>(world_.effect);
  const std::size_t chosen = touches_the_cloud ? adversary_.pick(1, 6, 1) : 0;
  switch (chosen) {
    case 0:
      go_on();
      break;
    default:
      meanwhile(static_cast<Meanwhile>(chosen));
  }
  return adversary_.broken;
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
    case Meanwhile::crash:
      return crash();
  }
}

/// What is not committed is gone; a driver takes up what is.
void Step::crash() {
  tell("the driver is killed, and another one takes up what is committed");
  Run run = *world_.committed;
  run.holds_place = false;
  run.cleared = false;
  run.looked_at = run.round_began = {};
  run.late_looks = 0;
  world_.run = std::move(run);
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

World begin_world(const Workflow& workflow, bool cutover, Conduct conduct, Mischief mischief) {
  World world;
  world.workflow = &workflow;
  world.cutover = cutover;
  world.cloud.conduct = conduct;
  world.mischief = mischief;
  Run run;
  run.id = 1;
  run.instance_id = std::string("source");
  run.name = std::string("db");
  Decision decision = begin(workflow, std::move(run), instant_of(world.now));
  world.run = std::move(decision.next);
  world.effect = decision.effect;
  world.committed = std::make_shared<const Run>(world.run);
  return world;
}

std::optional<std::string> step(World& world, Chooser& chooser, Story* story) {
  return Step(world, chooser, story).take();
}

}  // namespace pawl::explorer
