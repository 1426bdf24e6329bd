#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/loop.h"
#include "tests/engine/loop_rig.h"
#include "tests/support/dice.h"

using namespace std::chrono_literals;
using namespace pawl;
using namespace pawl::test;

namespace {

/// What taking up the rollout says after its store was meddled with.
Error refusal_after(const std::function<void(LoopRig&, StoredRollout&)>& meddle) {
  LoopRig rig(3);
  StoredRollout stored = rig.journal.rollout(rollout_id);
  meddle(rig, stored);
  FakeClient client(rig.clock, [](const Sent&) { return status(500); });
  const auto loop =
      Loop::take_up({rig.workflow, rig.clock, client, rig.journal, rig}, rig.rules, stored);
  REQUIRE_FALSE(loop);
  return loop.error();
}

/// The entry of the run's `event`; it happened once.
const Entry& entry_of(const LoopRig& rig, const std::string& event) {
  const auto& entries = rig.journal.entries();
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.event == event; });
  REQUIRE(found != entries.end());
  return *found;
}

/// How long the step took, as the entry of its end tells; -1 where it does not.
std::int64_t took_ms(const Entry& entry) {
  return nlohmann::json::parse(entry.data).value("took_ms", std::int64_t{-1});
}

void replace(std::string& text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE(
    "a run whose driver died with the intent committed is in doubt, and looks before it sends") {
  for (const bool took_effect : {true, false}) {
    CAPTURE(took_effect);
    LoopRig rig(1);
    rig.twist = [&, took_effect](const Sent& sent) -> std::optional<Answer> {
      if (!submits_step(sent, work_step)) return std::nullopt;
      if (took_effect) (void)rig.cloud.serve(sent.call.request, rig.clock.now());
      return Answer{NoAnswer{}, 1h};
    };
    rig.start();
    rig.run([&] { return rig.events_of(1).back() == "work_requested"; });
    rig.twist = [](const Sent&) { return std::nullopt; };
    rig.start();
    REQUIRE(rig.turn());
    CHECK(rig.events_of(1).back() == "work_unsure");
    CHECK(rig.client->sent().empty());
    CHECK(rig.run() == Ending::finished);
    CHECK(rig.cloud.accepted(work_step, "in1") == 1);
    CHECK(rig.submits() == (took_effect ? 0 : 1));
  }
}

TEST_CASE("a driver that dies at any turn loses nothing and sends nothing twice") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    LoopRig rig(6);
    rig.rules.rollout.waves[0] = {"all", 3, 0};
    rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
      if (dice.chance(80)) return std::nullopt;
      if (sent.call.request.method == Method::post) {
        if (dice.chance(50)) (void)rig.cloud.serve(sent.call.request, rig.clock.now());
        return silence(Delivery::unknown);
      }
      return dice.chance(50) ? status(503) : silence(Delivery::not_sent);
    };
    std::optional<Ending> ending;
    for (int lives = 0; !ending; ++lives) {
      REQUIRE(lives < 500);
      rig.start();
      for (std::size_t turns = 1 + dice.below(60); turns > 0 && !ending; --turns) {
        auto turned = rig.turn();
        REQUIRE(turned);
        ending = *turned;
      }
    }
    // Three submits without a trace end with a person, and in time with the budget.
    CHECK((ending == Ending::finished || ending == Ending::halted));
    for (int i = 1; i <= 6; ++i)
      CHECK(rig.cloud.accepted(work_step, fmt::format("in{}", i)) <= 1);
  }
}

TEST_CASE("a rollout that has finished is taken up without a call") {
  LoopRig rig(2);
  rig.start();
  CHECK(rig.run() == Ending::finished);
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.client->sent().empty());
}

TEST_CASE("a store that does not fit its rollout is refused before anything is asked") {
  using Meddle = std::function<void(LoopRig&, StoredRollout&)>;
  const std::vector<std::pair<const char*, Meddle>> meddlings{
      {"not JSON", [](LoopRig&, StoredRollout& stored) { stored.runs[1].state = "{"; }},
      {"no state at all", [](LoopRig&, StoredRollout& stored) { stored.runs[1].state.clear(); }},
      {"another run's state",
       [](LoopRig&, StoredRollout& stored) { stored.runs[1].state = stored.runs[0].state; }},
      {"another instance",
       [](LoopRig&, StoredRollout& stored) { replace(stored.runs[1].state, "in2", "in9"); }},
      {"another wave",
       [](LoopRig& rig, StoredRollout& stored) {
         rig.rules.rollout.waves.push_back(rig.rules.rollout.waves[0]);
         stored.waves.push_back(stored.waves[0]);
         replace(stored.runs[1].state, "\"wave\":0", "\"wave\":1");
       }},
      {"a wave that is not there",
       [](LoopRig&, StoredRollout& stored) {
         stored.runs[1].record.wave = 7;
         replace(stored.runs[1].state, "\"wave\":0", "\"wave\":7");
       }},
      {"a step that is not there",
       [](LoopRig&, StoredRollout& stored) {
         replace(stored.runs[1].state, "\"step\":0", "\"step\":2");
       }},
      {"ended, and still in flight",
       [](LoopRig&, StoredRollout& stored) {
         replace(stored.runs[1].state, "\"state\":\"pending\"", "\"state\":\"failed\"");
       }},
      {"over, and still pending",
       [](LoopRig&, StoredRollout& stored) {
         replace(stored.runs[1].state, "\"phase\":\"waiting\"", "\"phase\":\"over\"");
       }},
      {"a run that is missing",
       [](LoopRig&, StoredRollout& stored) { stored.runs.erase(stored.runs.begin() + 1); }},
      {"an unsound run",
       [](LoopRig&, StoredRollout& stored) {
         stored.runs[1].record.instance_id.clear();
         replace(stored.runs[1].state, "\"in2\"", "\"\"");
       }},
      {"a wave in no known state",
       [](LoopRig&, StoredRollout& stored) { stored.waves[0].state = R"({"state":"ajar"})"; }},
      {"a wave whose state is no JSON",
       [](LoopRig&, StoredRollout& stored) { stored.waves[0].state = "open"; }},
      {"a rollout in no known state",
       [](LoopRig&, StoredRollout& stored) { stored.state = R"({"state":"asleep"})"; }},
      {"other waves than the plan's",
       [](LoopRig&, StoredRollout& stored) { stored.waves.push_back(stored.waves[0]); }}};
  for (const auto& meddling : meddlings) {
    CAPTURE(meddling.first);
    const Error error = refusal_after(meddling.second);
    CHECK(error.fault == Fault::store);
    CHECK(error.what.find("pawl audit verify") != std::string::npos);
  }
}

TEST_CASE("how long a step took is told only where it was watched from its acceptance to its end") {
  enum class Meanwhile { watched, asleep, another_driver };
  for (const Meanwhile meanwhile :
       {Meanwhile::watched, Meanwhile::asleep, Meanwhile::another_driver}) {
    CAPTURE(static_cast<int>(meanwhile));
    LoopRig rig(1);
    bool works = true;
    rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
      const bool gate = asks(sent, look_gate) && rig.stored_run(1).step == work_step;
      if (!gate || !works) return std::nullopt;
      return word("again", rig.clock.now());
    };
    rig.start();
    rig.run([&] { return rig.events_of(1).back() == "work_accepted"; });
    for (int turns = 0; turns < 20; ++turns)
      REQUIRE(rig.turn());
    if (meanwhile == Meanwhile::asleep) rig.clock.advance(2h);
    if (meanwhile == Meanwhile::another_driver) rig.start();
    works = false;
    CHECK(rig.run() == Ending::finished);
    CHECK(took_ms(entry_of(rig, "check_passed")) > 0);
    const Entry& passed = entry_of(rig, "work_passed");
    const Duration took = passed.at - entry_of(rig, "work_accepted").at;
    CHECK(took_ms(passed) == (meanwhile == Meanwhile::watched ? took.count() : -1));
  }
}
