// A loop with virtual seams. After every turn it checks what must hold whatever a test does.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec.h"
#include "engine/entries.h"
#include "engine/gated_step.h"
#include "engine/loop.h"
#include "tests/engine/two_step.h"
#include "tests/support/fake_client.h"
#include "tests/support/fake_commands.h"
#include "tests/support/memory_journal.h"
#include "tests/support/virtual_clock.h"

namespace pawl::test {

inline constexpr const char* rollout_id = "plan-1";

class LoopRig final : public Watcher {
 public:
  /// Changes what the cloud would answer; nullopt leaves it as it is.
  using Twist = std::function<std::optional<Answer>(const Sent&)>;

  explicit LoopRig(std::size_t runs) {
    rules.rollout.checks_parallel = 1'000;
    rules.rollout.waves = {{"all", 1'000, 0}};
    rules.polls = {std::chrono::seconds{30}, std::chrono::seconds{10}, std::chrono::minutes{5}};
    rules.calls_per_minute = 10'000'000;
    rules.account = "account";
    enrol(runs);
  }

  /// A driver comes: whatever the last one had in flight is gone with it.
  void start() {
    loop.reset();
    client = std::make_unique<FakeClient>(
        clock, [this](const Sent& sent) { return answer(sent); }, calls_max);
    auto stored = journal.load(rollout_id);
    REQUIRE(stored);
    auto taken =
        Loop::take_up({workflow, clock, *client, journal, *this, &commands}, rules, *stored);
    REQUIRE(taken);
    loop = std::move(*taken);
  }

  Result<std::optional<Ending>> turn() {
    const std::size_t commits = journal.commits();
    auto ending = loop->turn();
    CHECK(journal.commits() <= commits + 1);
    ++turns;
    return ending;
  }

  /// Turns until the loop ends, `until` holds, or the turns run out; the latter is a failure.
  std::optional<Ending> run(const std::function<bool()>& until = {},
                            std::size_t turns_max = 20'000) {
    for (std::size_t i = 0; i < turns_max; ++i) {
      if (until && until()) return std::nullopt;
      auto ending = turn();
      REQUIRE(ending);
      if (*ending) return **ending;
    }
    FAIL("the loop does not come to an end");
    return std::nullopt;
  }

  Run stored_run(std::int64_t id) {
    auto run = decode_run(journal.state_of(rollout_id, id), workflow.fact_keys());
    REQUIRE(run);
    return *run;
  }
  std::vector<std::string> events_of(std::int64_t id) const {
    std::vector<std::string> events;
    for (const Entry& entry : journal.entries()) {
      if (entry.run == id) events.push_back(entry.event);
    }
    return events;
  }
  std::size_t submits() const {
    std::size_t count = 0;
    for (const Sent& sent : client->sent())
      count += sent.call.request.method == Method::post ? 1 : 0;
    return count;
  }

  LoopRules rules;
  TwoStep workflow;
  TwoStepCloud cloud;
  VirtualClock clock;
  MemoryJournal journal;
  FakeCommands commands;
  Twist twist = [](const Sent&) { return std::nullopt; };
  std::size_t calls_max = 1'000;
  std::unique_ptr<FakeClient> client;
  std::unique_ptr<Loop> loop;
  std::size_t turns = 0;

 private:
  void enrol(std::size_t count) {
    NewRollout created;
    created.rollout.id = rollout_id;
    created.waves.push_back({0, "all", static_cast<std::int64_t>(count)});
    std::vector<Entry> entries(1);
    for (std::size_t i = 0; i < count; ++i) {
      Run run;
      run.id = static_cast<std::int64_t>(i + 1);
      run.instance_id = fmt::format("in{}", i + 1);
      created.runs.push_back({run.id, 0, run.instance_id, ""});
      entries.push_back(
          enrolled_entry(rollout_id, begin(workflow, run, clock.now()).next, clock.now()));
    }
    entries.front() = started_entry(created, "ann@host", clock.now());
    Batch batch;
    batch.created = &created;
    batch.entries = entries;
    REQUIRE(journal.commit(batch));
  }

  Answer answer(const Sent& sent) {
    CHECK(journal.has_lease(rules.account));
    const bool submit = sent.call.request.method == Method::post;
    CHECK(submit == (sent.call.repeat != Repeat::safe));
    if (submit) {
      // Law 4: what is sent has been committed, and nothing was committed on top of it.
      const Run run = stored_run(sent.ticket.run);
      CHECK(run.phase == Phase::intended);
      CHECK(workflow.submit(run) == sent.call.request);
    }
    if (auto twisted = twist(sent)) return *twisted;
    return {cloud.serve(sent.call.request, clock.now())};
  }

  void committed(std::span<const Entry> entries) override {
    std::set<std::int64_t> moved;
    for (const Entry& entry : entries) {
      const bool moves = entry.subject == Subject::run && entry.event != "obligation_opened";
      if (moves) CHECK(moved.insert(entry.run).second);
    }
  }
  void turned(const Rollout&, const std::optional<Waiting>&, Instant) override {}
};

inline Answer word(const std::string& body, Instant now, Duration after = Duration{50}) {
  HttpResponse response;
  response.status = 200;
  response.date = CloudInstant{std::chrono::floor<std::chrono::seconds>(now)};
  response.body = body;
  return {std::move(response), after};
}

inline Answer status(int code, std::optional<Duration> retry_after = std::nullopt) {
  HttpResponse response;
  response.status = code;
  response.retry_after = retry_after;
  return {std::move(response)};
}

inline Answer silence(Delivery delivery) {
  return {NoAnswer{delivery, "connection reset"}};
}

/// Whether the call asks `look`; submits ask nothing.
inline bool asks(const Sent& sent, Look look) {
  const HttpRequest& request = sent.call.request;
  return request.method == Method::get && request.path[3] - '0' == static_cast<int>(look);
}

inline bool submits_step(const Sent& sent, std::uint8_t step) {
  const HttpRequest& request = sent.call.request;
  return request.method == Method::post && request.path[1] - '0' == step;
}

/// Run 1 is of the first wave, run 2 of the second.
inline LoopRig& in_two_waves(LoopRig& rig) {
  rig.rules.rollout.waves = {{"first", 10, 1}, {"second", 10, 1}};
  rig.rules.rollout.check_ahead = false;
  StoredRollout& stored = rig.journal.rollout(rollout_id);
  StoredWave& wave = stored.waves.emplace_back();
  wave.record.position = 1;
  wave.record.name = "second";
  wave.record.total = 1;
  Run second = rig.stored_run(2);
  second.wave = 1;
  stored.runs[1].record.wave = 1;
  stored.runs[1].state = encode_run(second);
  return rig;
}

inline bool has(const LoopRig& rig, std::string_view event) {
  const auto& entries = rig.journal.entries();
  return std::any_of(entries.begin(), entries.end(),
                     [event](const Entry& entry) { return entry.event == event; });
}

}  // namespace pawl::test
