// The whole way of a run that adopts someone else's upgrade: workflow and engine together.
#include <doctest/doctest.h>

#include <vector>

#include "engine/gated_step.h"
#include "upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

namespace {

const MajorUpgrade workflow{
    {"p1", "14", cloud::Cutover::yes, cloud::Statistics::before_cutover, OnForeign::adopt},
    Timeouts{},
    Check{}};

/// Drives one run by hand and keeps the audit events' names.
struct Drive {
  Run run;
  int now = 100;
  std::vector<std::string> events;
  Effect effect = Finish{};

  Drive() {
    Run fresh;
    fresh.instance_id = database;
    fresh.name = "orders";
    take(begin(workflow, fresh, at(now)));
  }
  void take(Decision decision) {
    if (decision.audit) events.push_back(decision.audit->event);
    run = std::move(decision.next);
    effect = decision.effect;
  }
  void meet(decltype(Event::what) what) {
    take(decide(workflow, run, {at(now), clock_at(now), std::move(what)}));
    CHECK_FALSE(std::holds_alternative<Submit>(effect));
    ++now;
  }
  /// The look that the run asks for is answered.
  void answered(Look look, const HttpResponse& response) {
    if (std::holds_alternative<Await>(effect)) meet(Woke{});
    REQUIRE(std::holds_alternative<Ask>(effect));
    REQUIRE(std::get<Ask>(effect).look == look);
    meet(Replied{response});
  }
};

const auto busy = list({{.status = "UPGRADING"}});
const auto running_upgrade = shows({.state = "running", .start = told(40)});
const auto in_progress =
    upgrade_history({{.state = "running", .start = told(40), .destination = ""}});

/// Adopted in the first step, before any check.
Drive adopted() {
  Drive drive;
  drive.meet(Admitted{Gate::check});
  drive.answered(look::instance, busy);
  drive.answered(look::upgrade_while_busy, running_upgrade);
  drive.answered(look::upgrade_history, in_progress);
  drive.answered(look::check_status, shows_nothing());
  REQUIRE(drive.effect == Effect{Park{Gate::upgrade}});
  return drive;
}

}  // namespace

TEST_CASE("a foreign upgrade is followed to its end, verified, and nothing is ever sent") {
  Drive drive = adopted();
  drive.meet(Admitted{Gate::upgrade});
  drive.answered(look::instance, busy);
  CHECK(drive.run.state == RunState::upgrading);
  CHECK(drive.events.back() == "upgrade_adopted");
  drive.answered(look::upgrade_status, running_upgrade);
  drive.answered(look::upgrade_status, shows({.start = told(40)}));
  drive.answered(look::upgrade_history, upgrade_history({{.start = told(40)}}));
  CHECK(drive.events.back() == "upgrade_succeeded");
  drive.answered(look::new_instance, list({{.id = made, .version = "14.6", .ip = "10.0.0.1"}}));
  drive.answered(look::source, list({{.ip = "10.0.0.2"}}));
  CHECK(drive.run.state == RunState::succeeded);
  CHECK(drive.events == std::vector<std::string>{"instance_enrolled", "precheck_adopted",
                                                 "precheck_passed", "upgrade_adopted",
                                                 "upgrade_succeeded", "verify_passed"});
}

TEST_CASE("a foreign upgrade that fails is the run's failure") {
  Drive drive = adopted();
  drive.meet(Admitted{Gate::upgrade});
  drive.answered(look::instance, busy);
  drive.answered(look::upgrade_status, shows({.state = "failed", .start = told(40)}));
  drive.answered(look::upgrade_history,
                 upgrade_history({{.state = "failed", .start = told(40), .destination = ""}}));
  CHECK(drive.run.state == RunState::failed);
}

TEST_CASE("an adoption that waits too long for its wave is looked at anew, not trusted") {
  Drive drive = adopted();
  drive.now += 3 * 24 * 3600;
  drive.meet(Admitted{Gate::upgrade});
  CHECK(drive.run.step == 0);
  REQUIRE(drive.effect == Effect{Park{Gate::check}});
  drive.meet(Admitted{Gate::check});
  drive.answered(look::instance, list({{.ip = "10.0.0.2"}}));
  CHECK_FALSE(drive.run.facts.has(fact::adopted_upgrade));
}
