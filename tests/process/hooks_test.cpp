// Hooks around each upgrade, through the command line against the stand-in.
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string file(const Desk& desk, const std::string& name) {
  std::ifstream stream(desk.directory().path() + "/" + name);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

bool exists(const Desk& desk, const std::string& name) {
  return std::filesystem::exists(desk.directory().path() + "/" + name);
}

std::string plan_with(const Desk& desk, const StandIn& cloud, const std::string& hooks,
                      const std::string& more = "defaults: {max_failures: 5}") {
  return desk.directory().write("plan.yaml", plan_for(cloud, more + "\nhooks:\n" + hooks));
}

/// The link of a process that has ended cannot be read, even before its parent knows.
void wait_until_gone(int process) {
  std::error_code gone;
  for (int tries = 0; !gone; ++tries) {
    REQUIRE(tries < 6'000);
    (void)std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", gone);
    if (!gone) std::this_thread::sleep_for(10ms);
  }
}

}  // namespace

TEST_CASE("hooks run in the plan's directory with the run's facts, before and after each upgrade") {
  const StandIn cloud = quick_cloud(3);
  const Desk desk;
  const std::string plan =
      plan_with(desk, cloud,
                "  before_upgrade:\n"
                "    - run: 'echo before $PAWL_INSTANCE_NAME >> ran'\n"
                "    - run: 'cat > $PAWL_INSTANCE_NAME.json'\n"
                "  after_upgrade:\n"
                "    - run: 'echo after $PAWL_INSTANCE_NAME "
                "$PAWL_NEW_INSTANCE_ID $HW_AUTH_TOKEN$PAWL_WEBHOOK_SECRET >> ran'\n");
  const Ended ended = run({program(), "run", plan, "--store", desk.store()}, "/",
                          {"HW_AUTH_TOKEN=hunter2", "PAWL_WEBHOOK_SECRET=hunter2"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  check_agreement(desk, cloud);
  const json run = desk.json_of({"show", "orders-1"});
  const std::string ran = file(desk, "ran");
  CHECK(ran.find("before orders-1\n") != std::string::npos);
  CHECK(ran.find("after orders-1 " + run["new_instance_id"].get<std::string>() + "\n") !=
        std::string::npos);
  CHECK(ran.find("hunter2") == std::string::npos);
  const json facts = json::parse(file(desk, "orders-1.json"));
  CHECK(facts["instance_id"] == run["instance_id"]);
  CHECK(facts["target_version"] == "14.6");
  CHECK(desk.history({"--event", "hook_passed"}).size() == 9);
}

TEST_CASE(
    "a hook that fails before the upgrade keeps it from being triggered, with its words kept") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  struct Row {
    std::string hook, words;
  };
  const std::vector<Row> rows{
      {"'echo pool is busy; exit 3'", "before_hook_1: exit code 3: pool is busy"},
      {"./no-such-hook.sh", "before_hook_1: exit code 127, the command was not found"},
      {"./not-executable.sh", "before_hook_1: exit code 126"},
      {"'sleep 1000', timeout: 200ms", "before_hook_1: its time was over (ended by signal 15)"},
      {"'trap \"\" TERM; while :; do sleep 1; done', timeout: 200ms",
       "before_hook_1: its time was over (ended by signal 9)"},
      {"'head -c 1000000 /dev/zero; echo; echo full; exit 1'", "before_hook_1: exit code 1: full"},
  };
  desk.directory().write("not-executable.sh", "#!/bin/sh\n");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(rows[i].words);
    const std::string plan =
        plan_with(desk, cloud, "  before_upgrade: [{run: " + rows[i].hook + "}]\n");
    CHECK(desk.pawl({"run", plan, "--new"}).code == 1);
    const json failed = desk.history({"--event", "hook_failed", "--reverse", "--limit", "1"})[0];
    CHECK(failed["to"] == "failed");
    const std::string reason = failed["data"]["reason"];
    CHECK_MESSAGE(reason.find(rows[i].words) == 0, reason);
    CHECK(failed["data"].dump().size() < 70'000);
  }
  CHECK(upgrades(cloud) == 0);
  CHECK(desk.pawl({"audit", "verify"}).code == 0);
}

TEST_CASE("what a hook leaves running neither holds up its run nor outlives it") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  const std::string plan =
      plan_with(desk, cloud, "  before_upgrade: [{run: 'sleep 1000 & echo $! > child'}]\n");
  CHECK(desk.pawl({"run", plan}).code == 0);
  wait_until_gone(std::stoi(file(desk, "child")));
  check_agreement(desk, cloud);
}

TEST_CASE("a retry after a failed after-hook runs that again and triggers nothing") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  const std::string plan =
      plan_with(desk, cloud, "  after_upgrade: [{run: 'test -e ready'}]\n", "");
  CHECK(desk.pawl({"run", plan}).code == 1);
  json run = desk.json_of({"show", "orders-1"});
  CHECK(run["state"] == "failed");
  CHECK(upgrades(cloud) == 1);
  desk.directory().write("ready", "");
  CHECK(desk.pawl({"retry", "fleet-1", "orders-1"}).code == 0);
  run = desk.json_of({"show", "orders-1"});
  CHECK(run["state"] == "verifying");
  CHECK(run["phase"] == "after_hook_1_waiting");
  CHECK(desk.pawl({"freeze"}).code == 0);
  CHECK(desk.json_of({"why", "orders-1"})["go"] == true);  // a freeze does not hold that back
  CHECK(desk.pawl({"unfreeze"}).code == 0);
  CHECK(desk.pawl({"resume"}).code == 0);
  CHECK(upgrades(cloud) == 1);
  check_agreement(desk, cloud);
}

TEST_CASE("a hook in doubt after a kill is ended, and a person decides") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  const std::string plan = plan_with(
      desk, cloud, "  before_upgrade: [{run: 'echo $$ > pid; test -e ready || sleep 1000'}]\n", "");
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (file(desk, "pid").find('\n') == std::string::npos)
    REQUIRE_FALSE(driver.wait(10ms));
  const json running = desk.json_of({"status"});
  CHECK(running["instances"][0]["state"] == "ready");
  CHECK(running["instances"][0]["phase"] == "before_hook_1_running");
  CHECK(running["quiesced"] == false);
  CHECK(running["in_flight"]["hooks"] == 1);
  CHECK(desk.json_of({"why", "orders-1"})["phase"] == "before_hook_1_running");
  const Ended paused = desk.pawl({"pause"});
  CHECK_MESSAGE(paused.err.find("is paused; in flight: 1 hook here") != std::string::npos,
                paused.err);
  CHECK(desk.pawl({"status"}).out.find("before_hook_1_running") != std::string::npos);
  CHECK(desk.pawl({"unpause"}).code == 0);
  driver.signal(SIGKILL);
  REQUIRE(driver.wait(10s));
  const std::string process = "/proc/" + std::to_string(std::stoi(file(desk, "pid"))) + "/exe";
  CHECK(std::filesystem::exists(std::filesystem::symlink_status(process)));
  CHECK(desk.pawl({"resume"}).code == 1);
  const json stopped = desk.json_of({"show", "orders-1"});
  CHECK(stopped["state"] == "needs_operator");
  CHECK(stopped["reason"].get<std::string>().find("before_hook_1") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(process)));
  CHECK(upgrades(cloud) == 0);
  desk.directory().write("ready", "");
  CHECK(desk.pawl({"retry", "fleet-1", "orders-1"}).code == 0);
  CHECK(desk.pawl({"resume"}).code == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("an interrupted driver, by a closed terminal too, lets a hook come to its end") {
  int signal = 0;
  SUBCASE("SIGTERM") {
    signal = SIGTERM;
  }
  SUBCASE("SIGHUP") {
    signal = SIGHUP;
  }
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  const std::string plan = plan_with(
      desk, cloud,
      "  before_upgrade: [{run: 'touch runs; while ! test -e go; do sleep 0.02; done'}]\n");
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (!exists(desk, "runs"))
    REQUIRE_FALSE(driver.wait(10ms));
  driver.signal(signal);
  CHECK_FALSE(driver.wait(100ms));
  desk.directory().write("go", "");
  const auto ended = driver.wait(20s);
  REQUIRE(ended);
  CHECK(ended->code == 143);
  CHECK_MESSAGE(ended->err.find("is interrupted; nothing of it is in flight") != std::string::npos,
                ended->err);
  CHECK(desk.history({"--event", "hook_passed"}).size() == 1);
  CHECK(desk.pawl({"resume"}).code == 0);
  CHECK(desk.history({"--event", "hook_started"}).size() == 1);  // once per attempt
  check_agreement(desk, cloud);
}

TEST_CASE(
    "a second interrupt ends a hook that runs, and all that it has started, before it leaves") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  plan_with(desk, cloud,
            "  before_upgrade: [{run: 'test -e ready && exit; trap \"\" TERM; sleep 1000 & echo $$ "
            "$! > pids; wait', timeout: 30m}]\n",
            "");
  Child driver({"/bin/sh", "-c",
                "exec " + program() + " run plan.yaml --store " + desk.store() + " 2> said"},
               desk.directory().path());
  const auto until = [&](const std::string& name, const std::string& words) {
    while (file(desk, name).find(words) == std::string::npos)
      REQUIRE_FALSE(driver.wait(10ms));
  };
  until("pids", "\n");
  driver.signal(SIGINT);
  until("said", "waiting for before_hook_1 of orders-1 (at most until 20");
  until("said", "A second Ctrl-C (SIGINT) ends the hook (SIGTERM, SIGKILL after 5s) and leaves");
  CHECK_FALSE(driver.wait(50ms));
  driver.signal(SIGINT);
  const auto ended = driver.wait(60s);
  REQUIRE(ended);
  CHECK(ended->code == 130);
  int hook = 0, child = 0;
  std::istringstream(file(desk, "pids")) >> hook >> child;
  wait_until_gone(hook);
  wait_until_gone(child);
  const json told = desk.history({"--event", "operator_needed"}).at(0);
  CHECK(
      told["data"]["reason"] ==
      "how before_hook_1 ended cannot be told: the driver was told to leave at once; what it left "
      "running has been ended");
  CHECK(desk.history({"--event", "driver_stopped"}).at(0)["data"]["reason"] == "interrupted");
  CHECK(desk.pawl({"resume"}).code == 1);
  CHECK(desk.json_of({"show", "orders-1"})["state"] == "needs_operator");
  CHECK(upgrades(cloud) == 0);
  desk.directory().write("ready", "");
  CHECK(desk.pawl({"retry", "fleet-1", "orders-1"}).code == 0);
  CHECK(desk.pawl({"resume"}).code == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("a hook that cannot be started is warned of where the plan is read, with what follows") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  const auto script = [&](const std::string& name, const std::string& bytes) {
    const std::string path = desk.directory().write(name, bytes);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  };
  script("fine.sh", "#!/bin/sh\nexit 0\n");
  script("plain.sh", "exit 0\n");
  script("strange.sh", "#! /no/such/shell -e\n");
  script("windows.sh", "#!/bin/sh\r\nexit 0\r\n");
  desk.directory().write("unset.sh", "#!/bin/sh\n");
  std::filesystem::create_directory(desk.directory().path() + "/folder");
  const std::string before = "; as it stands here, each run fails at this hook, before its upgrade";
  struct Row {
    const char* run;
    std::string warning;  ///< empty: none
  };
  const Row rows[] = {
      {"./fine.sh", ""},
      {"./plain.sh 1 2", ""},
      {"true", ""},
      {"cat > facts", ""},
      {"if true; then exit 0; fi", ""},
      {"$HOME/none.sh", ""},
      {"./none.sh",
       "`./none.sh` is not there: hooks are run in " + desk.directory().path() + before},
      {"/none.sh", "`/none.sh` is not there: hooks are run in " + desk.directory().path() + before},
      {"./none.sh || true", "`./none.sh` is not there: hooks are run in " +
                                desk.directory().path() +
                                "; as it stands here, this hook cannot run it"},
      {"./folder", "`./folder` is a directory" + before},
      {"./unset.sh", "`./unset.sh` may not be executed; `chmod +x " + desk.directory().path() +
                         "/unset.sh` lets it" + before},
      {"./strange.sh",
       "`./strange.sh` is for `/no/such/shell`, by its first line, and that "
       "cannot be run" +
           before},
      {"./windows.sh",
       "`./windows.sh` has line ends of Windows, and cannot be run with them; take them out" +
           before},
      {"fine.sh",
       "`fine.sh` is not found in PATH; `./fine.sh` runs the file beside the plan" + before},
      {"no-such-program-of-ours", "`no-such-program-of-ours` is not found in PATH" + before},
  };
  for (const Row& row : rows) {
    CAPTURE(row.run);
    const std::string plan =
        plan_with(desk, cloud, "  before_upgrade: [{run: '" + std::string(row.run) + "'}]\n", "");
    for (const char* command : {"validate", "plan"}) {
      CAPTURE(command);
      const Ended told = run({program(), command, plan, "--json", "--store", desk.store()}, "/");
      CHECK(told.code == 0);
      const json warnings = json::parse(told.out)["warnings"];
      if (row.warning.empty()) {
        CHECK(warnings == json::array());
        continue;
      }
      REQUIRE(warnings.size() == 1);
      CHECK(warnings[0]["message"] == row.warning);
      CHECK(warnings[0]["line"] > 1);
      CHECK(told.err.find("plan.yaml:" + warnings[0]["line"].dump() + ":") != std::string::npos);
    }
  }
  const std::string after = plan_with(desk, cloud, "  after_upgrade: [{run: ./none.sh}]\n", "");
  CHECK(desk.pawl({"run", after}).err.find("each run fails at this hook, after its upgrade") !=
        std::string::npos);
}
