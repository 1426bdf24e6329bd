// A workflow of three gated steps whose answers say outright which verdict is to be read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event.h"
#include "engine/gated_step.h"
#include "engine/workflow.h"

namespace pawl::test {

/// A second of the local clock and, exactly, of the cloud's.
inline Instant second(int count) {
  return Instant{std::chrono::seconds{count}};
}
inline CloudNow cloud_second(int count) {
  return {{second(count)}, {second(count)}};
}

class Scripted : public Workflow {
 public:
  static constexpr Look before{1}, further{2}, gate{3}, doubt{4};

  Scripted() {
    for (Step& step : steps_) {
      step.submits = true;
      step.before_look = before;
      step.gate_look = gate;
      step.doubt_look = doubt;
      step.patience = step.timeout = std::chrono::seconds{1'000};
    }
    steps_[0].next = 1;
    steps_[1].next = 2;
    steps_[0].name = "check";
    steps_[0].place = Gate::check;
    steps_[0].before = RunState::pending;
    steps_[0].during = RunState::checking;
    steps_[0].attempts_max = 2;
    steps_[0].absences_needed = 1;
    steps_[0].overdue = WhenOverdue::renew;
    steps_[0].events = {"c_requested", "c_accepted", "c_adopted", "c_unsure",
                        "c_passed",    "c_failed",   "c_expired"};
    steps_[1].name = "work";
    steps_[1].place = Gate::upgrade;
    steps_[1].before = RunState::ready;
    steps_[1].during = RunState::upgrading;
    steps_[1].needs_valid = true;
    steps_[1].events = {"w_requested", "w_accepted", "w_adopted", "w_unsure",
                        "w_passed",    "w_failed",   ""};
    steps_[2].name = "verify";
    steps_[2].submits = false;
    steps_[2].before = steps_[2].during = RunState::verifying;
    steps_[2].overdue = WhenOverdue::fail;
    steps_[2].events.passed = "v_passed";
    steps_[2].events.failed = "v_failed";
  }

  StepRules step_rules{std::chrono::seconds{100}, std::chrono::seconds{60},
                       std::chrono::seconds{30}};

  std::string_view name() const override { return "scripted"; }
  std::span<const Step> steps() const override { return steps_; }
  const StepRules& rules() const override { return step_rules; }
  std::span<const FactKey> fact_keys() const override { return {}; }
  bool sound(const Run& run) const override { return run.instance_id != "unsound"; }
  HttpRequest ask(const Run&, Look) const override { return {}; }
  HttpRequest ask_time() const override { return {}; }
  HttpRequest submit(const Run&) const override { return {}; }
  Priority priority(const Run&, Look) const override { return Priority::poll; }
  Reading read(const Run&, const HttpResponse& answer, const Event&, Facts&) const override {
    return said(answer);
  }
  Reading read_submit(const Run&, const HttpResponse& answer, Facts&) const override {
    return said(answer);
  }

  static Replied say(Verdict verdict) {
    HttpResponse answer;
    answer.status = static_cast<int>(verdict);
    return {answer};
  }

 protected:
  std::vector<Step> steps_{3};

 private:
  static Reading said(const HttpResponse& answer) {
    const auto verdict = static_cast<Verdict>(answer.status);
    Reading reading{verdict, "said so", Look::none, std::nullopt};
    reading.concerns_all = answer.body == "all";
    reading.unclear = answer.body == "unclear";
    if (verdict == Verdict::next) reading.look = further;
    if (verdict == Verdict::passed) reading.until = CloudInstant{second(5'000)};
    return reading;
  }
};

inline constexpr int start = 10'000;
using What = decltype(Event::what);

inline const Scripted& workflow() {
  static const Scripted scripted;
  return scripted;
}

inline Event at(int time, What what) {
  return {second(time), cloud_second(time), std::move(what)};
}

/// A run of step `step` as it stands in `phase`, within its time and with its place.
inline Run standing(Phase phase, std::uint8_t step = 1) {
  const Step& its = workflow().steps()[step];
  Run run;
  run.instance_id = std::string("one");
  run.step = step;
  run.phase = phase;
  run.state = phase == Phase::waiting ? its.before : its.during;
  run.holds_place = true;
  run.checked_once = step > 0;
  run.since = second(start - 10);
  run.deadline = second(start + 500);
  run.valid_until = CloudInstant{second(start + 3'600)};
  run.attempts = {1, static_cast<std::uint16_t>(phase == Phase::waiting ? 0 : step), 0, 0};
  run.attempt_open = phase != Phase::waiting;
  switch (phase) {
    case Phase::waiting:
      run.look = Scripted::before;
      run.looked_at = second(start - 5);
      break;
    case Phase::intended:
      run.sends[step] = 1;
      run.intended = cloud_second(start - 1);
      break;
    case Phase::submitted:
      run.look = Scripted::gate;
      run.intended = cloud_second(start - 10);
      break;
    case Phase::unsure:
      run.look = Scripted::doubt;
      run.sends[step] = 1;
      run.intended = cloud_second(start - 500);
      run.sender_gone = CloudInstant{second(start - 400)};
      run.since = second(start - 400);
      run.round_began = second(start - 1);
      break;
    case Phase::over:
      run.state = RunState::failed;
      break;
  }
  return run;
}

inline Decision decide_at(const Run& run, int time, What what) {
  return decide(workflow(), run, at(time, std::move(what)));
}

}  // namespace pawl::test
