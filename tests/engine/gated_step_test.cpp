#include "engine/gated_step.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/engine/gated_rig.h"

using namespace pawl;
using namespace pawl::test;

namespace {

enum class Next : std::uint8_t { ask, submit, await, park, finish };  // as Effect has them

struct Row {
  std::string what;
  Phase phase;
  What event;
  Phase then;
  std::uint8_t step;
  Next effect;
  std::string entry;  ///< the audit event; empty: nothing is committed
};

const std::vector<Row>& rows() {
  using V = Verdict;
  using P = Phase;
  const auto say = Scripted::say;
  static const std::vector<Row> all{
      {"a place", P::waiting, Admitted{Gate::upgrade}, P::waiting, 1, Next::ask, ""},
      {"woke", P::waiting, Woke{}, P::waiting, 1, Next::ask, ""},
      {"next", P::waiting, say(V::next), P::waiting, 1, Next::ask, ""},
      {"clear", P::waiting, say(V::clear), P::waiting, 1, Next::park, ""},
      {"wait", P::waiting, say(V::wait), P::waiting, 1, Next::await, ""},
      {"stale", P::waiting, say(V::stale), P::waiting, 0, Next::park, "c_expired"},
      {"accepted", P::waiting, say(V::accepted), P::submitted, 1, Next::await, "w_adopted"},
      {"passed", P::waiting, say(V::passed), P::submitted, 2, Next::ask, "work_needless"},
      {"failed", P::waiting, say(V::failed), P::over, 1, Next::finish, "w_failed"},
      {"skip", P::waiting, say(V::skip), P::over, 1, Next::finish, "instance_skipped"},
      {"ask", P::waiting, say(V::ask), P::over, 1, Next::finish, "operator_needed"},
      {"stop", P::waiting, say(V::stop), P::waiting, 1, Next::await, ""},
      {"no answer", P::waiting, Unanswered{Delivery::unknown, ""}, P::waiting, 1, Next::await, ""},

      {"accepted", P::intended, say(V::accepted), P::submitted, 1, Next::await, "w_accepted"},
      {"wait", P::intended, say(V::wait), P::waiting, 1, Next::await, "work_refused"},
      {"doubt", P::intended, say(V::doubt), P::unsure, 1, Next::await, "w_unsure"},
      {"failed", P::intended, say(V::failed), P::over, 1, Next::finish, "w_failed"},
      {"skip", P::intended, say(V::skip), P::over, 1, Next::finish, "instance_skipped"},
      {"ask", P::intended, say(V::ask), P::over, 1, Next::finish, "operator_needed"},
      {"stop", P::intended, say(V::stop), P::waiting, 1, Next::await, "work_refused"},
      {"never left", P::intended, Unanswered{Delivery::not_sent, ""}, P::waiting, 1, Next::await,
       "work_not_sent"},
      {"no answer", P::intended, Unanswered{Delivery::unknown, ""}, P::unsure, 1, Next::await,
       "w_unsure"},

      {"next", P::submitted, say(V::next), P::submitted, 1, Next::ask, ""},
      {"again", P::submitted, say(V::again), P::submitted, 1, Next::await, ""},
      {"passed", P::submitted, say(V::passed), P::submitted, 2, Next::ask, "w_passed"},
      {"failed", P::submitted, say(V::failed), P::over, 1, Next::finish, "w_failed"},
      {"skip", P::submitted, say(V::skip), P::over, 1, Next::finish, "instance_skipped"},
      {"ask", P::submitted, say(V::ask), P::over, 1, Next::finish, "operator_needed"},
      {"stop", P::submitted, say(V::stop), P::submitted, 1, Next::await, ""},
      {"woke", P::submitted, Woke{}, P::submitted, 1, Next::ask, ""},
      {"no answer", P::submitted, Unanswered{Delivery::unknown, ""}, P::submitted, 1, Next::await,
       ""},

      {"next", P::unsure, say(V::next), P::unsure, 1, Next::ask, ""},
      {"again", P::unsure, say(V::again), P::unsure, 1, Next::await, ""},
      {"absent", P::unsure, say(V::absent), P::unsure, 1, Next::await, "work_not_found"},
      {"accepted", P::unsure, say(V::accepted), P::submitted, 1, Next::await, "w_adopted"},
      {"failed", P::unsure, say(V::failed), P::over, 1, Next::finish, "operator_needed"},
      {"skip", P::unsure, say(V::skip), P::over, 1, Next::finish, "instance_skipped"},
      {"ask", P::unsure, say(V::ask), P::over, 1, Next::finish, "operator_needed"},
      {"stop", P::unsure, say(V::stop), P::unsure, 1, Next::await, ""},
      {"woke", P::unsure, Woke{}, P::unsure, 1, Next::ask, ""},
      {"no answer", P::unsure, Unanswered{Delivery::not_sent, ""}, P::unsure, 1, Next::await, ""},
  };
  return all;
}

void agrees(const Row& row, const Decision& decision) {
  CHECK(to_string(decision.next.phase) == to_string(row.then));
  CHECK(decision.next.step == row.step);
  CHECK(decision.effect.index() == static_cast<std::size_t>(row.effect));
  CHECK((decision.audit ? decision.audit->event : "") == row.entry);
}

/// Whether deciding ends the process, as a bug does.
bool aborts(const Run& run, const Event& event) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    close(STDERR_FILENO);
    decide(workflow(), run, event);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("every event that can meet a phase does what the table says") {
  for (const Row& row : rows()) {
    CAPTURE(to_string(row.phase));
    CAPTURE(row.what);
    const Run run = standing(row.phase);
    const Event event = at(start, row.event);
    REQUIRE(can_meet(workflow(), run, event));
    const Decision decision = decide(workflow(), run, event);
    agrees(row, decision);
    CHECK(decision.stop.has_value() == (row.what == "stop"));
    CHECK(decide(workflow(), run, event) == decision);
  }
}

TEST_CASE("what was seen before a person tried again counts for nothing (law 1)") {
  Run run = standing(Phase::unsure);
  run.absences = 1;
  run.last_absence = CloudInstant{second(start - 50)};
  run.state = RunState::needs_operator;
  run.ended_in = Phase::unsure;
  run.phase = Phase::over;
  const Run again = decide_at(run, start, Directed{Directive::retry, "ann@host", ""}).next;
  CHECK(again.absences == 0);
  CHECK_FALSE(again.last_absence);
}

TEST_CASE("a verdict that a phase does not know is a bug and ends the process") {
  struct Forbidden {
    Phase phase;
    std::vector<Verdict> verdicts;
  };
  using V = Verdict;
  const std::vector<Forbidden> all{
      {Phase::waiting, {V::doubt, V::again, V::absent, V::renew}},
      {Phase::intended, {V::next, V::clear, V::stale, V::again, V::absent, V::passed, V::renew}},
      {Phase::submitted, {V::clear, V::wait, V::stale, V::accepted, V::doubt, V::absent}},
      {Phase::unsure, {V::clear, V::wait, V::stale, V::doubt, V::passed, V::renew}},
  };
  for (const Forbidden& row : all) {
    for (const Verdict verdict : row.verdicts) {
      CAPTURE(to_string(row.phase));
      CAPTURE(static_cast<int>(verdict));
      CHECK(aborts(standing(row.phase), at(start, Scripted::say(verdict))));
    }
  }
}

TEST_CASE("an event that cannot meet its run is told beforehand, and ends the process") {
  Run unsound = standing(Phase::waiting);
  unsound.instance_id = std::string("unsound");
  Run beyond = standing(Phase::waiting);
  beyond.step = 3;
  const std::vector<std::pair<Run, What>> all{
      {standing(Phase::waiting), Admitted{Gate::send}},
      {standing(Phase::waiting), Admitted{Gate::check}},
      {standing(Phase::intended), Admitted{Gate::upgrade}},
      {standing(Phase::intended), Woke{}},
      {standing(Phase::submitted), Admitted{Gate::send}},
      {standing(Phase::unsure), Admitted{Gate::upgrade}},
      {standing(Phase::over), Woke{}},
      {standing(Phase::over), Admitted{Gate::upgrade}},
      {standing(Phase::over), Scripted::say(Verdict::next)},
      {standing(Phase::over), Unanswered{Delivery::unknown, ""}},
      {unsound, Woke{}},
      {beyond, Woke{}},
  };
  for (const auto& row : all) {
    const auto& [run, what] = row;
    CAPTURE(to_string(row.first.phase));
    CAPTURE(row.second.index());
    CHECK_FALSE(can_meet(workflow(), run, at(start, what)));
    CHECK(aborts(run, at(start, what)));
  }
}

TEST_CASE("a driver takes up what is committed; a submit on its way has no effect of its own") {
  struct Case {
    Phase phase;
    Next effect;
  };
  for (const Case& one : {Case{Phase::waiting, Next::park}, Case{Phase::submitted, Next::await},
                          Case{Phase::unsure, Next::await}, Case{Phase::over, Next::finish}}) {
    CAPTURE(to_string(one.phase));
    const auto effect = resume_effect(workflow(), standing(one.phase));
    REQUIRE(effect);
    CHECK(effect->index() == static_cast<std::size_t>(one.effect));
  }
  CHECK_FALSE(resume_effect(workflow(), standing(Phase::intended)).has_value());
}
