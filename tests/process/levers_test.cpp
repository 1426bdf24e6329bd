// Operators' levers, from another terminal while a driver runs and from the only one while none
// does.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/support/fleet.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::vector<std::string> run_words(const Desk& desk, const std::string& plan) {
  return {program(), "run", plan, "--store", desk.store()};
}

bool told(const Desk& desk, const std::string& event) {
  return !desk.history({"--event", event}).empty();
}

}  // namespace

TEST_CASE("a pause lets what is in flight end, says so, and starts nothing until unpaused") {
  const StandIn cloud({"--instances", "6", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {max_parallel: 2}"));
  Child driver(run_words(desk, plan), desk.directory().path());
  until(driver, [&] { return upgrades(cloud) == 2; });
  const Ended paused = desk.pawl({"pause", "--reason", "the phone rang"});
  CHECK_MESSAGE(paused.code == 0, paused.err);
  CHECK(paused.err.find("fleet-1 is paused") != std::string::npos);
  CHECK(desk.json_of({"status"})["quiesced"] == false);
  end_upgrades(cloud);
  until(driver, [&] { return desk.json_of({"status"})["quiesced"] == true; });
  CHECK(desk.json_of({"status"})["state"] == "paused");
  CHECK_FALSE(driver.wait(1s));
  CHECK(upgrades(cloud) == 2);
  CHECK(desk.pawl({"pause"}).code == 2);  // it is paused already
  CHECK(desk.pawl({"unpause"}).code == 0);
  end_upgrades(driver, cloud, 4, 6, 2);
  const auto ended = driver.wait(60s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  const json pause = desk.history({"--event", "rollout_paused"}).at(0);
  CHECK(pause["data"]["reason"] == "the phone rang");
  const std::string actor = pause["actor"];
  CHECK(actor.find('@') != std::string::npos);
  CHECK_MESSAGE(
      ended->err.find("fleet-1 is paused by " + actor + ": the phone rang") != std::string::npos,
      ended->err);
  CHECK(told(desk, "lever_refused"));
  check_agreement(desk, cloud);
}

TEST_CASE("a wave waits for approval, with --no-wait outside the process, and opens by approval") {
  const StandIn cloud({"--instances", "6", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "waves: [{name: canary, select: {tags: {tier: canary}}}, {name: rest, "
                            "approval: required}]"));
  const Ended waits = desk.pawl({"run", plan, "--no-wait"});
  CHECK_MESSAGE(waits.code == 3, waits.err);
  CHECK(waits.err.find("wave rest waits for approval") != std::string::npos);
  CHECK(desk.json_of({"status"})["state"] == "waiting");
  CHECK(upgrades(cloud) == 3);
  const Ended denied = desk.pawl({"deny", "fleet-1", "rest", "--reason", "not today"});
  CHECK_MESSAGE(denied.code == 0, denied.err);
  CHECK(desk.pawl({"resume"}).code == 1);
  CHECK(desk.json_of({"status"})["halted_because"].get<std::string>().find("not today") !=
        std::string::npos);
  const Ended refused = desk.pawl({"approve", "fleet-1", "canary"});
  CHECK(refused.code == 2);
  CHECK(refused.err.find("the wave that waits for approval is rest") != std::string::npos);
  CHECK_MESSAGE(refused.err.find("lever_refused") == std::string::npos, refused.err);  // told once
  CHECK(desk.pawl({"approve"}).code == 0);
  const Ended ended = desk.pawl({"resume"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  check_agreement(desk, cloud);
}

TEST_CASE("a halted rollout says whom to decide, and skip says whom it has skipped") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "defaults: {max_parallel: 1}\n"
                            "hooks: {before_upgrade: [{run: 'test \"$PAWL_INSTANCE_NAME\" != "
                            "orders-1', timeout: 9s}]}"));
  const std::string decide = "`pawl retry fleet-1 orders-1` or `pawl skip fleet-1 orders-1`";
  const Ended halted = desk.pawl({"run", plan});
  CHECK(halted.code == 1);
  CHECK_MESSAGE(halted.err.find("is halted: wave all has 1 failed run and may have 0; nothing new "
                                "is started; " +
                                decide + ", then `pawl resume fleet-1`") != std::string::npos,
                halted.err);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"status"}, {"show", "orders-1"}, {"why", "orders-1"}}) {
    CAPTURE(words.front());
    CHECK(desk.pawl(words).out.find(decide) != std::string::npos);
  }
  // A reason says all of it where it stands alone, too.
  const auto why = [&](const char* instance) {
    return desk.json_of({"why", instance})["reasons"][0]["text"].get<std::string>();
  };
  CHECK(why("orders-1") == "orders-1 has failed: before_hook_1: exit code 1; " + decide);
  CHECK(why("billing-1") ==
        "fleet-1 is halted, for wave all has 1 failed run and may have 0: " + decide);
  CHECK(desk.json_of({"status"})["last_driver"]["reason"] == "fleet-1 is halted");
  const Ended skipped = desk.pawl({"skip", "fleet-1", "orders-1"});
  CHECK_MESSAGE(skipped.err.find("fleet-1: skipped orders-1\n") != std::string::npos, skipped.err);
}

TEST_CASE("a freeze stops every rollout of the store, before its start too") {
  const StandIn cloud({"--instances", "4", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  CHECK(desk.pawl({"freeze"}).code == 2);  // there is no store yet
  CHECK(desk.pawl({"run", desk.directory().write("empty.yaml", plan_for(cloud))}).code == 0);
  CHECK(desk.json_of({"freeze", "--reason", "audit"}) ==
        json{{"frozen", true}, {"unfinished", json::array()}});
  CHECK(desk.pawl({"freeze"}).code == 2);
  CHECK(desk.json_of({"status"})["frozen"] == true);
  const Ended waits = desk.pawl({"run", plan, "--new", "--no-wait"});
  CHECK_MESSAGE(waits.code == 3, waits.err);
  CHECK(waits.err.find("frozen") != std::string::npos);
  CHECK(desk.pawl({"status"})
            .out.find("the store is frozen: nothing new starts until `pawl "
                      "unfreeze`") != std::string::npos);
  CHECK(desk.pawl({"unfreeze"}).code == 0);
  CHECK(desk.json_of({"status"})["frozen"] == false);
  CHECK(desk.pawl({"resume"}).code == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("a cancelled rollout lets what is in flight end and sends nothing more") {
  const StandIn cloud({"--instances", "12", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {max_parallel: 3}"));
  Child driver(run_words(desk, plan), desk.directory().path());
  until(driver, [&] { return upgrades(cloud) == 3; });
  const Ended cancelled = desk.pawl({"cancel"});
  CHECK_MESSAGE(cancelled.code == 0, cancelled.err);
  end_upgrades(cloud);
  const auto ended = driver.wait(60s);
  REQUIRE(ended);
  CHECK(ended->code == 1);
  const json status = desk.json_of({"status", "fleet-1"});
  CHECK(status["state"] == "cancelled");
  CHECK(status["waves"][0]["state"] == "cancelled");
  CHECK(desk.pawl({"status", "fleet-1"}).out.find("\nall   cancelled  12 ") != std::string::npos);
  CHECK(upgrades(cloud) == 3);
  CHECK(status["counts"]["succeeded"] == 3);
  CHECK(status["counts"]["cancelled"] == 9);
  for (const char* lever : {"pause", "unpause", "cancel", "approve"})
    CHECK(desk.pawl({lever, "fleet-1"}).code == 2);
  check_agreement(desk, cloud);
}

TEST_CASE("retry checks a failed run anew, skip leaves it alone, and the rollout goes on") {
  const StandIn cloud({"--instances", "30", "--check-time", "0", "--upgrade-time", "0",
                       "--check-fail", "20%", "--seed", "3"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  CHECK(desk.pawl({"run", plan}).code == 1);
  std::vector<std::string> failed;
  const Ended paused = desk.pawl({"pause"});
  CHECK(paused.code == 2);
  CHECK_MESSAGE(paused.err.find("it is halted, and starts nothing as it is; `pawl freeze`") !=
                    std::string::npos,
                paused.err);
  const json halted = desk.json_of({"status"});
  for (const json& instance : halted["instances"]) {
    if (instance["state"] == "failed") failed.push_back(instance["instance_id"]);
  }
  REQUIRE(failed.size() >= 2);
  CHECK(desk.pawl({"retry", "fleet-1", "nobody"}).code == 2);
  const Ended twice = desk.pawl({"retry", "fleet-1", failed[0], failed[0]});
  CHECK(twice.code == 0);
  CHECK(twice.err.find("retried " + failed[0]) != std::string::npos);
  CHECK(twice.err.find("retried " + failed[0] + " and ") == std::string::npos);
  CHECK(desk.pawl({"retry", "fleet-1", failed[0]}).code == 2);  // it has not failed any more
  CHECK(desk.json_of({"show", failed[0]})["state"] == "pending");
  std::vector<std::string> skip{"skip", "fleet-1"};
  skip.insert(skip.end(), failed.begin() + 1, failed.end());
  CHECK(desk.pawl(skip).code == 0);
  CHECK(desk.pawl({"resume"}).code == 1);  // skipped runs were not upgraded
  const json retried = desk.json_of({"show", failed[0]});
  CHECK(retried["attempts"]["precheck"] == 2);
  CHECK(retried["state"] == "succeeded");  // by this seed its second check passes
  const json status = desk.json_of({"status", "fleet-1"});
  CHECK(status["state"] == "finished");
  CHECK(status["counts"]["skipped"] == failed.size() - 1);
  check_agreement(desk, cloud);
}

TEST_CASE("a lever on what is not there says so, exits 2 and leaves no trace") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {approval: required}"));
  CHECK(desk.pawl({"run", plan, "--no-wait"}).code == 3);
  const std::size_t entries = desk.history().size();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"pause", "nosuch-1"},
                                             {"cancel", "fleet-2"},
                                             {"approve", "nosuch-1", "all"},
                                             {"retry", "nosuch-1", "orders-1"},
                                             {"retry", "fleet-1", "nobody"},
                                             {"skip", "fleet-1", "orders-1", "nobody"}}) {
    CAPTURE(words.front());
    const Ended ended = desk.pawl(words);
    CHECK(ended.code == 2);
    CHECK(ended.out.empty());
    const std::string& unknown =
        words[0] == "skip" || words[1] == "fleet-1" ? words.back() : words[1];
    CHECK_MESSAGE(ended.err.find(unknown) != std::string::npos, ended.err);
  }
  CHECK(desk.history().size() == entries);
  CHECK(desk.pawl({"approve", "fleet-1", "nosuch"}).code == 2);
  CHECK(told(desk, "lever_refused"));
  CHECK(desk.pawl({"approve"}).code == 0);
  CHECK(desk.pawl({"resume"}).code == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("outside its window a rollout waits") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, fmt::format("defaults: {{windows: [{}]}}", distant_window())));
  const Ended waits = desk.pawl({"run", plan, "--no-wait"});
  CHECK_MESSAGE(waits.code == 3, waits.err);
  CHECK(waits.err.find("waits for its maintenance window, from") != std::string::npos);
  CHECK(upgrades(cloud) == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("a lever that is pulled while its driver only waits is answered without anything else") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {approval: required}"));
  Child driver(run_words(desk, plan), desk.directory().path());
  until(driver, [&] { return counted(cloud, "checks") == 2; });
  until(driver, [&] { return told(desk, "approval_requested"); });
  const auto requests = [&] { return counted(cloud, "requests"); };
  const int before = requests();
  for (const char* lever : {"pause", "freeze", "unfreeze", "unpause"})
    CHECK(desk.pawl({lever}).code == 0);  // it returns once the driver has answered
  CHECK(requests() == before);
  const auto driven = desk.history({"--event", "driver_started"});
  CHECK(driven.size() == 1);  // by the one that waits
  CHECK(desk.pawl({"approve"}).code == 0);
  const auto ended = driver.wait(60s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  check_agreement(desk, cloud);
}

TEST_CASE("a lever is answered while the fleet is listed, however long the quota takes for it") {
  const StandIn cloud({"--instances", "2000"});
  const Desk desk;
  std::string text = plan_for(cloud);
  const std::string wanted = "calls_per_minute: 10000000";
  text.replace(text.find(wanted), wanted.size(), "calls_per_minute: 2");
  Child driver(run_words(desk, desk.directory().write("plan.yaml", text)), desk.directory().path());
  until(driver, [&] { return counted(cloud, "requests") > 0; });
  const Ended frozen = desk.pawl({"freeze"});
  CHECK_MESSAGE(frozen.code == 0, frozen.err);
  CHECK(desk.pawl({"freeze"}).code == 2);  // and a refusal is told, too
  CHECK(desk.pawl({"unfreeze"}).code == 0);
  CHECK_FALSE(driver.wait(0ms));
  driver.signal(SIGTERM);
  const auto ended = driver.wait(20s);
  REQUIRE(ended);
  CHECK(ended->code == 143);
  CHECK(desk.history().size() == 3);  // one entry a lever, and the driver has started nothing
}

TEST_CASE("a freeze that is answered before the loop begins holds in the loop") {
  const StandIn cloud({"--auth", "aksk", "--instances", "2", "--check-time", "0", "--upgrade-time",
                       "0", "--latency", "2s"});
  const Desk desk;
  std::string text = plan_for(cloud);
  const std::string wanted = "settle: 1500ms, request: 1s";
  text.replace(text.find(wanted), wanted.size(), "settle: 9s, request: 8s");
  const std::string plan = desk.directory().write("plan.yaml", text);
  const std::vector<std::string> key{"HUAWEICLOUD_SDK_AK=AKEXAMPLE0123456789X",
                                     "HUAWEICLOUD_SDK_SK=skExample0123456789abcdefghijklmnopqrst"};
  // While the fleet is listed, and while one call shows that the credentials are let in.
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"run", plan}, std::vector<std::string>{"resume"}}) {
    CAPTURE(words.front());
    std::vector<std::string> all{program()};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--no-wait", "--store", desk.store()});
    Child driver(all, desk.directory().path(), key);
    until(driver, [&] {
      if (words.front() == "run") return desk.pawl({"list"}).code == 0;
      return desk.json_of({"status"})["last_driver"].is_null();
    });
    CHECK(desk.pawl({"freeze"}).code == 0);
    const auto ended = driver.wait(60s);
    REQUIRE(ended);
    CHECK_MESSAGE(ended->code == 3, ended->err);
    CHECK(counted(cloud, "checks") == 0);
    CHECK(desk.pawl({"unfreeze"}).code == 0);
  }
}

TEST_CASE("a lever that its driver does not live to answer is answered by who pulled it") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {approval: required}"));
  Child driver(run_words(desk, plan), desk.directory().path());
  until(driver, [&] { return counted(cloud, "checks") == 2; });
  until(driver, [&] { return told(desk, "approval_requested"); });
  driver.signal(SIGSTOP);
  Child lever({program(), "approve", "--store", desk.store()}, desk.directory().path());
  CHECK_FALSE(lever.wait(1s));
  const Ended status = desk.pawl({"status"});
  CHECK_MESSAGE(status.out.find("approve, asked for by ") != std::string::npos, status.out);
  CHECK(desk.json_of({"status"})["asked"][0]["kind"] == "approve");
  driver.signal(SIGKILL);
  REQUIRE(driver.wait(20s));
  const auto answered = lever.wait(20s);
  REQUIRE(answered);
  CHECK_MESSAGE(answered->code == 0, answered->err);
  CHECK(desk.json_of({"status"})["asked"].empty());
  CHECK(desk.pawl({"resume"}).code == 0);
  check_agreement(desk, cloud);
}

TEST_CASE(
    "a lever that cannot be answered says that it is written down, and the next driver obeys") {
  const StandIn cloud({"--instances", "3", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {max_parallel: 1}"));
  Child driver(run_words(desk, plan), desk.directory().path());
  until(driver, [&] { return upgrades(cloud) >= 1; });
  driver.signal(SIGKILL);
  REQUIRE(driver.wait(10s));
  const std::string lock = desk.store() + ".lock";
  REQUIRE(unlink(lock.c_str()) == 0);
  REQUIRE(mkdir(lock.c_str(), 0700) == 0);
  const Ended cancel = desk.pawl({"cancel"});
  CHECK(cancel.code == 6);
  CHECK_MESSAGE(cancel.err.find("written down all the same") != std::string::npos, cancel.err);
  REQUIRE(rmdir(lock.c_str()) == 0);
  end_upgrades(cloud);
  const Ended resumed = desk.pawl({"resume"});
  CHECK_MESSAGE(resumed.err.find("fleet-1 is cancelled by ") != std::string::npos, resumed.err);
  CHECK(upgrades(cloud) == 1);
}

TEST_CASE("of two levers that are answered together each one's refusal is its own") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {approval: required}"));
  Child driver(run_words(desk, plan), desk.directory().path());
  until(driver, [&] { return counted(cloud, "checks") == 2; });
  until(driver, [&] { return told(desk, "approval_requested"); });
  driver.signal(SIGSTOP);
  const std::vector<std::string> words{program(), "freeze", "--store", desk.store()};
  Child first(words, desk.directory().path()), second(words, desk.directory().path());
  CHECK_FALSE(first.wait(1s));
  driver.signal(SIGCONT);
  const auto one = first.wait(20s), other = second.wait(20s);
  REQUIRE(one);
  REQUIRE(other);
  CHECK_MESSAGE(one->code + other->code == 2, one->err, other->err);
  CHECK(desk.history({"--event", "lever_refused"}).size() == 1);
}

TEST_CASE("a retry and a cancel that wait together are answered, whoever comes first") {
  const StandIn cloud({"--instances", "3", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "defaults: {max_parallel: 3, max_failures: 3}\n"
                            "hooks: {before_upgrade: [{run: 'test \"$PAWL_INSTANCE_NAME\" != "
                            "orders-1'}]}"));
  Child driver(run_words(desk, plan), desk.directory().path());
  until(driver, [&] { return upgrades(cloud) == 2 && told(desk, "hook_failed"); });
  driver.signal(SIGSTOP);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"retry", "fleet-1", "orders-1"}, {"cancel", "fleet-1"}})
    CHECK(desk.pawl(words).code == 4);
  driver.signal(SIGKILL);
  REQUIRE(driver.wait(20s));
  CHECK(desk.pawl({"freeze"}).code == 0);
  CHECK(desk.pawl({"pause", "fleet-1"}).code == 2);  // it is cancelled: the two have been answered
  CHECK(desk.history({"--event", "instance_retried"}).size() == 1);
  CHECK(desk.history({"--event", "instance_cancelled"}).size() == 1);
}
