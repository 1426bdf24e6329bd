// Law 6 with the real process: killed at every moment that matters, stopped for too long, out of
// disk, and two at once. Each time the next driver goes on, and nothing is triggered twice.
#include <doctest/doctest.h>
#include <signal.h>

#include <random>

#include "tests/support/fleet.h"
#include "tests/support/thorough.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

void finish(const Desk& desk, const StandIn& cloud, int instances) {
  const Ended ended = desk.pawl({"resume"});
  REQUIRE_MESSAGE(ended.code == 0, ended.err);
  CHECK(desk.json_of({"status"})["counts"]["succeeded"] == instances);
  CHECK(desk.json_of({"obligations"}).size() == 2 * static_cast<std::size_t>(instances));
  check_agreement(desk, cloud);
}

}  // namespace

TEST_CASE("a SIGKILL at any commit, send or answer is survived") {
  for (const std::string name : {"before_commit", "after_commit", "before_submit", "after_submit",
                                 "before_ask", "answered"}) {
    bool killed = true;
    for (int n = 1; killed; n += thorough ? 1 : 8) {
      CAPTURE(name);
      CAPTURE(n);
      const StandIn cloud(
          {"--instances", "2", "--canaries", "1", "--check-polls", "1", "--upgrade-polls", "1"});
      const Desk desk;
      const std::string plan = desk.directory().write(
          "plan.yaml",
          plan_for(cloud, "waves: [{name: canary, select: {tags: {tier: canary}}}, {name: rest}]"));
      const Ended first =
          run({program_with_failpoints(), "run", plan, "--store", desk.store()},
              desk.directory().path(), {"PAWL_FAILPOINT=" + name + ':' + std::to_string(n)});
      killed = first.code == 128 + SIGKILL;
      REQUIRE_MESSAGE((killed || first.code == 0), first.err);
      if (killed) finish(desk, cloud, 2);
      REQUIRE_MESSAGE(n < 200, "the walk over the failpoints does not end");
      REQUIRE_MESSAGE((killed || n > 1), "the failpoint was never passed");
    }
  }
}

TEST_CASE("two hundred instances survive a kill every 20 to 200 ms until all is done") {
  const StandIn cloud(
      {"--instances", "200", "--check-time", "20ms..200ms", "--upgrade-time", "20ms..300ms"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "defaults: {max_parallel: 50}\ncheck: {parallel: 50}"));
  // A driver that never lives to send what it has committed asks for an operator in the end.
  const int kills = run_with_kills(desk, cloud, plan, 20'261'125, thorough ? 20ms : 100ms,
                                   thorough ? 200ms : 600ms, 1'000);
  CHECK(kills > 0);        // else nothing was shown
  REQUIRE(kills < 1'000);  // else it gets nowhere
  CHECK(desk.json_of({"status"})["counts"]["succeeded"] == 200);
  check_agreement(desk, cloud);
}

TEST_CASE("of two drivers started at once one drives and the other says who") {
  const StandIn cloud(
      {"--instances", "20", "--check-time", "0..100ms", "--upgrade-time", "200ms..400ms"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const std::vector<std::string> words{program(), "run", plan, "--store", desk.store()};
  Child one(words, desk.directory().path());
  Child two(words, desk.directory().path());
  const auto first = one.wait(60s);
  const auto second = two.wait(60s);
  REQUIRE((first && second));
  const Ended& held = first->code == 4 ? *first : *second;
  const Ended& drove = first->code == 4 ? *second : *first;
  CHECK_MESSAGE(drove.code == 0, drove.err);
  CHECK_MESSAGE(held.code == 4, held.err);
  const int driver = first->code == 4 ? two.pid() : one.pid();
  CHECK_MESSAGE(held.err.find(std::to_string(driver)) != std::string::npos, held.err);
  check_agreement(desk, cloud);
}

TEST_CASE("a driver that sleeps longer than every time-out wakes up and goes on") {
  const StandIn cloud(
      {"--instances", "30", "--check-time", "50ms..300ms", "--upgrade-time", "100ms..600ms"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "defaults: {max_parallel: 10}\ncheck: {parallel: 10}"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  std::mt19937 random(7);
  std::uniform_int_distribution<int> life(100, 400);
  for (int stops = 0; stops < 3; ++stops) {
    if (driver.wait(std::chrono::milliseconds{life(random)})) break;
    driver.signal(SIGSTOP);
    CHECK_FALSE(driver.wait(3s));  // settle is 1.5 s, a request 1 s
    driver.signal(SIGCONT);
  }
  const auto ended = driver.wait(60s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  CHECK(desk.json_of({"status"})["counts"]["succeeded"] == 30);
  check_agreement(desk, cloud);
}
