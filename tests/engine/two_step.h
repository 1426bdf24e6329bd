// The smallest workflow that uses everything of the engine: a check, then the work that it allows.
// Its cloud says in plain words what the workflow is to conclude.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/workflow.h"
#include "tests/support/fake_client.h"

namespace pawl::test {

inline constexpr Look look_before{1}, look_again{2}, look_gate{3}, look_doubt{4};
inline constexpr std::uint8_t check_step = 0, work_step = 1;
inline constexpr std::uint8_t before_step = 2, after_step = 3;  ///< with run_commands()
inline constexpr std::uint8_t verify_step = 2;                  ///< with verify()

class TwoStep final : public Workflow {
 public:
  explicit TwoStep(StepRules rules = {}) : rules_(rules) {
    Step& check = steps_[check_step];
    check.name = "check";
    check.before = RunState::pending;
    check.during = RunState::checking;
    check.place = Gate::check;
    check.overdue = WhenOverdue::renew;
    check.attempts_max = 3;
    check.events = {"check_requested", "check_accepted", "check_adopted", "check_unsure",
                    "check_passed",    "check_failed",   "check_expired"};
    Step& work = steps_[work_step];
    work.name = "work";
    work.before = RunState::ready;
    work.during = RunState::upgrading;
    work.place = Gate::upgrade;
    work.needs_valid = true;
    work.events = {"work_requested",
                   "work_accepted",
                   "work_adopted",
                   "work_unsure",
                   "work_passed",
                   "work_failed",
                   ""};
    check.next = work_step;
    for (Step& step : steps_) {
      step.submits = true;
      step.before_look = look_before;
      step.gate_look = look_gate;
      step.doubt_look = look_doubt;
      step.patience = std::chrono::hours{10};
      step.timeout = std::chrono::hours{24};
    }
  }

  /// A command before the work and one after it.
  void run_commands() {
    steps_.resize(4);
    Step& before = steps_[before_step];
    before = steps_[work_step];
    before.name = "before";
    before.during = RunState::ready;
    before.runs_command = true;
    before.once = true;
    before.next = work_step;
    before.events = {"hook_started", "", "", "", "hook_passed", "hook_failed", ""};
    Step& after = steps_[after_step];
    after.name = "after";
    after.before = after.during = RunState::verifying;
    after.submits = true;
    after.runs_command = true;
    after.place = Gate::after;
    after.patience = std::chrono::hours{10};
    after.events = before.events;
    steps_[check_step].next = before_step;
    steps_[work_step].next = after_step;
  }

  /// A gate behind the work, which nothing is sent for.
  void verify() {
    steps_.resize(3);
    Step& gate = steps_[verify_step];
    gate.name = "verify";
    gate.before = gate.during = RunState::verifying;
    gate.gate_look = look_gate;
    gate.timeout = std::chrono::hours{24};
    gate.events.passed = "verify_passed";
    steps_[work_step].next = verify_step;
  }

  Command command(const Run& run) const override {
    return {std::string(steps_[run.step].name), "/", {{"HOOK", run.instance_id}}, "", {}};
  }

  std::string_view name() const override { return "two-step"; }
  std::span<const Step> steps() const override { return steps_; }
  const StepRules& rules() const override { return rules_; }
  std::span<const FactKey> fact_keys() const override { return {}; }
  bool sound(const Run& run) const override { return !run.instance_id.empty(); }

  HttpRequest ask(const Run& run, Look look) const override {
    return {Method::get,
            fmt::format("/{}/{}/{}", run.step, static_cast<int>(look), run.instance_id),
            {},
            ""};
  }
  HttpRequest submit(const Run& run) const override {
    return {Method::post, fmt::format("/{}/{}", run.step, run.instance_id), {}, "{}"};
  }
  HttpRequest ask_time() const override { return {Method::get, "/time", {}, ""}; }
  std::optional<std::string> refuses_all(const HttpResponse& answer) const override {
    return answer.status == 401 ? std::optional<std::string>("the key is not known") : std::nullopt;
  }
  Priority priority(const Run& run, Look) const override {
    return run.phase == Phase::unsure ? Priority::doubt : Priority::poll;
  }

  Reading read(const Run& run, const HttpResponse& answer, const Event& event,
               Facts&) const override {
    if (answer.status == 401) return say(Verdict::stop, "the key is not known");
    const bool waiting = run.phase == Phase::waiting;
    if (answer.status != 200) {
      Reading unreadable = say(waiting ? Verdict::wait : Verdict::again, "not now");
      unreadable.unclear = !waiting;
      return unreadable;
    }
    Reading reading = say(verdict_of(answer.body), answer.body);
    if (reading.verdict == Verdict::next) reading.look = look_again;
    if (reading.verdict == Verdict::passed && run.step == check_step && event.cloud) {
      reading.until = event.cloud->latest + std::chrono::hours{4};
    }
    return reading;
  }
  Reading read_submit(const Run&, const HttpResponse& answer, Facts&) const override {
    if (answer.status == 401) return say(Verdict::stop, "the key is not known");
    if (answer.status == 407) {
      Reading reading = say(Verdict::doubt, "a proxy does not know the key");
      reading.ends_calls = true;
      return reading;
    }
    if (answer.status == 429) return say(Verdict::wait, "too many requests");
    return say(answer.status == 200 ? verdict_of(answer.body) : Verdict::doubt, answer.body);
  }

  /// What each run leaves whose work is done.
  std::vector<Obligation> left{};
  std::vector<Obligation> leaves(const Run& before, const Run& after) const override {
    const bool done = before.step == work_step && after.phase == Phase::over;
    return done ? left : std::vector<Obligation>{};
  }

 private:
  static Reading say(Verdict verdict, std::string reason) {
    return {verdict, std::move(reason), Look::none, std::nullopt};
  }
  static Verdict verdict_of(const std::string& word) {
    static const std::map<std::string, Verdict> words{
        {"next", Verdict::next},
        {"clear", Verdict::clear},
        {"wait", Verdict::wait},
        {"stale", Verdict::stale},
        {"again", Verdict::again},
        {"accepted", Verdict::accepted},
        {"absent", Verdict::absent},
        {"passed", Verdict::passed},
        {"failed", Verdict::failed},
        {"ask", Verdict::ask},
        {"accepted \xEF\xBF\xBD", Verdict::accepted}};  // with a byte that was no UTF-8
    return words.at(word);
  }

  std::vector<Step> steps_{2};
  StepRules rules_;
};

/// A cloud for it that does at once what it is told, and tells the truth about it.
class TwoStepCloud {
 public:
  HttpResponse serve(const HttpRequest& request, Instant now) {
    HttpResponse answer;
    answer.status = 200;
    answer.date = CloudInstant{std::chrono::floor<std::chrono::seconds>(now)};
    answer.body = request.method == Method::post ? accept(request.path) : tell(request.path);
    return answer;
  }

  /// How often the submit of `step` of `instance` took effect.
  int accepted(std::uint8_t step, const std::string& instance) const {
    const auto found = accepted_.find(fmt::format("/{}/{}", step, instance));
    return found == accepted_.end() ? 0 : found->second;
  }
  int most_accepted() const {
    int most = 0;
    for (const auto& [path, times] : accepted_)
      most = std::max(most, times);
    return most;
  }

 private:
  std::string accept(const std::string& path) {
    ++accepted_[path];
    return "accepted";
  }
  /// `path` is "/<step>/<look>/<instance>".
  std::string tell(const std::string& path) const {
    const bool took_effect = accepted_.count(path.substr(0, 2) + path.substr(4)) > 0;
    const Look look{static_cast<std::uint8_t>(path[3] - '0')};
    if (look == look_gate) return took_effect ? "passed" : "again";
    if (look == look_doubt) return took_effect ? "accepted" : "absent";
    return "clear";
  }

  std::map<std::string, int> accepted_;
};

}  // namespace pawl::test
