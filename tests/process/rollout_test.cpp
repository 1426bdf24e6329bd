// The whole program against the stand-in, as a person would run it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_CASE("a plan takes its fleet through the upgrade, canaries first, each instance once") {
  const StandIn cloud({"--instances", "40", "--check-time", "0..100ms", "--upgrade-time",
                       "0..100ms", "--swap-delay", "50ms", "--dst-delay", "50ms"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_for(cloud, "waves: [{name: canary, select: {tags: {tier: canary}}}, {name: rest}]"));
  const Ended ended = desk.pawl({"run", plan});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  const json status = desk.json_of({"status"});
  CHECK(status["rollout"] == "fleet-1");
  CHECK(status["state"] == "finished");
  CHECK(status["counts"]["succeeded"] == 40);
  CHECK(status["waves"][0]["counts"]["succeeded"] == 3);
  check_agreement(desk, cloud);

  std::int64_t last_canary = 0, first_other = 0;
  for (const json& entry : desk.history()) {
    const std::int64_t seq = entry["seq"];
    if (entry["wave"] == "canary" && entry["event"] == "verify_passed") last_canary = seq;
    if (entry["wave"] == "rest" && entry["event"] == "upgrade_requested" && first_other == 0) {
      first_other = seq;
    }
  }
  CHECK(last_canary < first_other);
}

TEST_CASE("the same plan after a good end does nothing, and --new leaves upgraded ones alone") {
  const StandIn cloud({"--instances", "4", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  CHECK(desk.pawl({"run", plan}).code == 0);
  const Ended again = desk.pawl({"run", plan});
  CHECK(again.code == 0);
  CHECK(again.err.find("nothing to do") != std::string::npos);
  CHECK(desk.pawl({"run", plan, "--new"}).code == 0);
  const json status = desk.json_of({"status", "fleet-2"});
  CHECK(status["counts"]["skipped"] == 8);  // the four retained ones, and the four that were made
  check_agreement(desk, cloud);
}

TEST_CASE("a changed plan is refused while its rollout is unfinished, with what changed") {
  const StandIn cloud({"--instances", "5", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (upgrades(cloud) != 5)
    REQUIRE_FALSE(driver.wait(10ms));
  SUBCASE("and a second driver is told who holds the store") {
    const Ended second = desk.pawl({"resume"});
    CHECK(second.code == 4);
    CHECK(second.err.find(std::to_string(driver.pid())) != std::string::npos);
  }
  SUBCASE("after an interruption, which exits 130 and goes on with resume") {
    driver.signal(SIGINT);
    const auto ended = driver.wait(20s);
    REQUIRE(ended);
    CHECK(ended->code == 130);
    CHECK(ended->err.find("pawl resume fleet-1") != std::string::npos);
    desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {max_parallel: 3}"));
    const Ended changed = desk.pawl({"run", plan});
    CHECK(changed.code == 2);
    CHECK(changed.err.find("max_parallel") != std::string::npos);
  }
}

TEST_CASE("failed checks are charged to the budget, and one more halts the rollout") {
  const StandIn cloud({"--instances", "30", "--check-time", "0", "--upgrade-time", "0",
                       "--check-fail", "30%", "--seed", "5"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const Ended ended = desk.pawl({"run", plan});
  CHECK(ended.code == 1);
  const json status = desk.json_of({"status"});
  CHECK(status["state"] == "halted");
  CHECK(status["halted_because"].get<std::string>().find("wave all") != std::string::npos);
  CHECK(upgrades(cloud) == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("an id that the cloud does not know fails with the cloud's words, the others go on") {
  const StandIn cloud({"--instances", "3", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  std::string text = plan_for(cloud, "defaults: {max_failures: 1}");
  text.replace(text.find("instances: ["), 12,
               "instances: [{ids: [00000000000000000000000000000000in03]}, ");
  const Ended ended = desk.pawl({"run", desk.directory().write("plan.yaml", text)});
  CHECK(ended.code == 1);
  const json status = desk.json_of({"status"});
  CHECK(status["counts"]["succeeded"] == 3);
  CHECK(status["counts"]["failed"] == 1);
  const json run = desk.json_of({"show", "00000000000000000000000000000000in03"});
  CHECK(run["reason"].get<std::string>().find("The DB instance does not exist.") !=
        std::string::npos);
  const Ended shown = desk.pawl({"show", "00000000000000000000000000000000in03"});
  CHECK_MESSAGE(shown.out.find("versions") == std::string::npos, shown.out);
}

TEST_CASE("a rehearsal leaves the source as it is and succeeds beside it") {
  const StandIn cloud({"--instances", "3", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  std::string text = plan_for(cloud);
  text.replace(text.find("cutover: true"), 13, "cutover: false");
  const Ended ended = desk.pawl({"run", desk.directory().write("plan.yaml", text)});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  check_agreement(desk, cloud);
}

TEST_CASE(
    "an answer that is lost, an error after the effect and a throttle upgrade nothing twice") {
  const StandIn cloud({"--instances",    "40",
                       "--check-time",   "0..50ms",
                       "--upgrade-time", "0..100ms",
                       "--fault",        "reset-after=4%",
                       "--fault",        "500-after=4%",
                       "--fault",        "500-before=4%",
                       "--fault",        "reset-before=4%",
                       "--fault",        "garbage=4%",
                       "--fault",        "redirect=4%",
                       "--seed",         "11"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {max_failures: 40}"));
  const Ended ended = desk.pawl({"run", plan});
  CHECK((ended.code == 0 || ended.code == 1));
  const json status = desk.json_of({"status"});
  CHECK(status["counts"]["succeeded"].get<int>() >= 38);
  CHECK(counted(cloud, "followed") == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("a thousand instances survive up to twenty kills at random moments, each upgraded once") {
  // A thousand upgrades of 2.5 s, 256 at a time, take 9 s however fast the driver is: twenty lives
  // of it, or some fewer where starting one takes long.
  const StandIn cloud(
      {"--instances", "1000", "--check-time", "50ms..400ms", "--upgrade-time", "2s..3s"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "defaults: {max_parallel: 256}\ncheck: {parallel: 256}"));
  CHECK(run_with_kills(desk, cloud, plan, 20'261'123, 60ms, 400ms, 20) >= 5);
  const Ended ended = desk.pawl({"run", plan});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  const json status = desk.json_of({"status"});
  CHECK(status["counts"]["succeeded"] == 1000);
  check_agreement(desk, cloud);
}

TEST_CASE("a rollout goes on in the project in which it was started alone (decision 17)") {
  const StandIn cloud({"--instances", "2", "--check-time", "0"});
  const Desk desk;
  std::string text = plan_for(cloud, "defaults: {approval: required}\n");
  const std::string project = "0483b6b16e954cb88930a360d2c4e663", other(32, 'f');
  const std::string line = "  project_id: " + project + "\n";
  text.erase(text.find(line), line.size());
  const std::string plan = desk.directory().write("plan.yaml", text);
  const std::vector<std::string> here{"HW_PROJECT_ID=" + project}, there{"HW_PROJECT_ID=" + other};
  const Ended waits = desk.pawl({"run", plan, "--no-wait"}, here);
  REQUIRE_MESSAGE(waits.code == 3, waits.err);
  const auto entries = desk.history().size();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"resume"}, {"resume", "fleet-1"}, {"run", plan, "--no-wait"}}) {
    CAPTURE(words.front());
    const Ended refused = desk.pawl(words, there);
    CHECK(refused.code == 2);
    CHECK(refused.err.find(project) != std::string::npos);
    CHECK(refused.err.find(other) != std::string::npos);
    CHECK(desk.history().size() == entries);
  }
  CHECK(desk.pawl({"resume", "--no-wait"}, here).code == 3);
  CHECK(desk.pawl({"resume", "--no-wait"}).code == 3);
}

TEST_CASE("a driver that stops tells the journal's head, which proves the journal (decision 13)") {
  const StandIn cloud({"--instances", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const Ended ended = desk.pawl({"run", plan});
  CHECK(ended.code == 0);
  const std::string last = desk.history().back()["hash"];
  CHECK(ended.err.find("the journal's head is seq") != std::string::npos);
  CHECK(ended.err.find(last) != std::string::npos);
  CHECK(desk.pawl({"audit", "verify", "--head", last}).code == 0);
}

TEST_CASE("an exit code of 1 that comes of skips alone is explained") {
  const StandIn cloud(
      {"--instances", "2", "--replicas", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const Ended ended = desk.pawl({"run", plan});
  CHECK(ended.code == 1);
  CHECK_MESSAGE(ended.err.find("exit code 1, for not all of fleet-1 succeeded or was on its target "
                               "before: 1 skipped; `pawl history --rollout fleet-1 --state "
                               "skipped` says why") != std::string::npos,
                ended.err);
  CHECK(ended.err.find("--failed-of fleet-1") != std::string::npos);
  const auto why = desk.history({"--rollout", "fleet-1", "--state", "skipped"});
  REQUIRE(why.size() == 1);
  CHECK_FALSE(why[0]["data"]["reason"].get<std::string>().empty());
}

TEST_CASE(
    "an exit code of 1 names each state that it comes of, and what was upgraded all the same") {
  const StandIn cloud(
      {"--instances", "2", "--replicas", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "defaults: {max_failures: 5}\n"
                            "hooks: {after_upgrade: [{run: 'test \"$PAWL_INSTANCE_NAME\" != "
                            "orders-1'}]}"));
  const Ended ended = desk.pawl({"run", plan});
  CHECK(ended.code == 1);
  CHECK_MESSAGE(
      ended.err.find("before: 1 failed, 1 skipped (1 of them upgraded, and not verified); `pawl "
                     "history --rollout fleet-1 --state failed` or `--state skipped` says why, "
                     "`pawl run PLAN --failed-of fleet-1` takes up what is left") !=
          std::string::npos,
      ended.err);
}

TEST_CASE("a watched status fits into its terminal, and is drawn to its end") {
  const StandIn cloud({"--instances", "40", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  std::string waves;
  for (int i = 1; i < 8; ++i)
    waves += fmt::format("{{name: w{}, select: {{name: \"*-{}\"}}}}, ", i, i);
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "waves: [" + waves + "{name: rest}]"));
  CHECK(desk.pawl({"run", plan}).code == 0);
  for (const std::size_t height : {8U, 12U, 40U}) {
    CAPTURE(height);
    const Ended ended = run_on_terminal(
        height, 70,
        fmt::format("TERM=xterm '{}' status --watch --store {}", program(), desk.store()));
    REQUIRE_MESSAGE(ended.code == 0, ended.err);
    const std::string clear = "\033[H\033[2J";
    REQUIRE(ended.out.find(clear) != std::string::npos);
    const std::string shown = ended.out.substr(ended.out.find(clear) + clear.size());
    CHECK_MESSAGE(shown.starts_with("fleet-1: finished, started"), shown);
    const auto lines = static_cast<std::size_t>(std::count(shown.begin(), shown.end(), '\n'));
    CHECK(lines < height);  // the cursor stands in the last line
    CHECK((shown.find("more waves; --json shows all") != std::string::npos) == (height < 40));
    CHECK(shown.find("rest ") != std::string::npos);  // the waves that come last
  }
}

TEST_CASE("a terminal that cannot be drawn over is sent lines alone, as a file is") {
  const StandIn cloud = quick_cloud(2);
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  for (const std::string& words : {"run " + plan, std::string("status --watch")}) {
    CAPTURE(words);
    const Ended ended = run_on_terminal(
        12, 70, fmt::format("TERM=dumb '{}' {} --store {}", program(), words, desk.store()));
    REQUIRE_MESSAGE(ended.code == 0, ended.err);
    CHECK(ended.out.find("fleet-1: finished, started") != std::string::npos);
    CHECK(ended.out.find('\033') == std::string::npos);
  }
}
