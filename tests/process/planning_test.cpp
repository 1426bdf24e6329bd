// Plans shown before they are run, and what a rollout tells of times to come and gone.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "storage/store.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

/// By the text under `key` of each object of `list`.
std::map<std::string, json> by(const json& list, const char* key) {
  std::map<std::string, json> found;
  for (const json& object : list) {
    if (object[key].is_string()) found[object[key].get<std::string>()] = object;
  }
  return found;
}

std::string stored_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("plan and doctor take their calls from the store's bucket, where there is a store") {
  const StandIn cloud({"--instances", "2"});
  for (const char* command : {"plan", "doctor"}) {
    CAPTURE(command);
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
    const auto counts_calls = [&] {
      return (stored_bytes(desk.store()) + stored_bytes(desk.store() + "-wal")).find(cloud.url()) !=
             std::string::npos;
    };
    REQUIRE(pawl::Store::open_for_driving(desk.store(), {1, "host", {}}));  // makes it
    CHECK_FALSE(counts_calls());
    CHECK(desk.pawl({command, plan}).code == 0);
    CHECK(counts_calls());
  }
}

TEST_CASE("a plan shows waves, turns, targets, skips and unknown ids, and changes nothing") {
  const StandIn cloud({"--instances", "6", "--replicas", "1", "--frozen", "1", "--busy", "1",
                       "--versions", "13.9,14.6"});
  const Desk desk;
  std::string text =
      plan_for(cloud,
               "waves: [{name: canary, select: {tags: {tier: canary}}, soak: 1h}, {name: rest, "
               "max_failures: 1}]");
  text.replace(text.find("instances: ["), 12,
               "instances: [{ids: [00000000000000000000000000000000in03]}, ");
  const std::string plan = desk.directory().write("plan.yaml", text);
  const json shown = desk.json_of({"plan", plan});
  CHECK(access(desk.store().c_str(), F_OK) != 0);
  CHECK(shown["plan"] == "fleet");
  CHECK(shown["waves"][0]["total"] == 3);
  CHECK(shown["waves"][1]["fail"] == 1);
  CHECK(shown["waves"][0]["soak"] == "1h");
  const auto instances = by(shown["instances"], "instance_id");
  const json unknown = instances.at("00000000000000000000000000000000in03");
  CHECK(unknown["fate"] == "fail");
  CHECK(unknown["wave"] == "rest");
  const auto named = by(shown["instances"], "name");
  CHECK(named.at("orders-1")["fate"] == "upgrade");
  CHECK(named.at("orders-1")["source_version"] == "13.9");
  CHECK(named.at("orders-1")["target_version"] == "14.6");
  CHECK(named.at("orders-1")["starts"] < shown["waves"][1]["opens"]);
  CHECK(named.at("billing-1")["reason"] == "already on its target: it runs version 14.6");
  CHECK(named.at("orders-1-replica-1")["fate"] == "skip");
  CHECK(named.at("frozen-1")["reason"] == "its status is `FROZEN`");
  CHECK(named.at("busy-1")["fate"] == "upgrade");
  CHECK(shown["estimate"]["upgrade_assumed"] == true);
  CHECK(shown["estimate"]["calls"].get<int>() > 50);
  CHECK(stats(cloud)["checks"] == 0);
  CHECK(stats(cloud)["requests"] == 3);  // the list, and one question for targets

  for (const char* format : {"table", "csv", "ndjson"}) {
    const Ended ended = desk.pawl({"plan", plan, "--output", format});
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK(ended.out.find("00000000000000000000000000000000in03") != std::string::npos);
    // Estimates for people are told to the minute: 2026-12-01T16:08Z.
    const std::size_t zulu = ended.out.find('Z');
    REQUIRE(zulu != std::string::npos);
    CHECK((ended.out.at(zulu - 3) == ':') == (format == std::string_view("table")));
  }
}

TEST_CASE("ten thousand instances are planned with a hundred calls of the list") {
  const StandIn cloud({"--instances", "10000"});
  const Desk desk;
  const json shown = desk.json_of({"plan", desk.directory().write("plan.yaml", plan_for(cloud))});
  CHECK(shown["waves"][0]["upgrade"] == 10'000);
  // And one more for each of the two versions that the instances have.
  CHECK(stats(cloud)["requests"] == 103);
}

TEST_CASE("a plan goes by what upgrades took, knows what is done, and only reads the store") {
  const StandIn cloud({"--instances", "4", "--check-time", "0", "--upgrade-time", "300ms"});
  const Desk desk;
  std::string text = plan_for(cloud);
  text.replace(text.find("cutover: true"), 13, "cutover: false");
  const std::string rehearsal = desk.directory().write("rehearsal.yaml", text);
  CHECK(desk.pawl({"run", rehearsal}).code == 0);
  // What ended within this second would be waited out, with looks that nobody counts.
  cloud.get("/_forward?by=1h");
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "exclude: [{select: {version: \"14\"}}]"));
  const std::string before = stored_bytes(desk.store());
  const json shown = desk.json_of({"plan", plan});
  CHECK(shown["estimate"]["upgrade_assumed"] == false);
  CHECK(shown["estimate"]["hours"].get<double>() < 0.1);
  const json first = shown["instances"][0];
  CHECK(first["reason"].get<std::string>().find("its rehearsal in fleet-1 succeeded") == 0);
  CHECK(stored_bytes(desk.store()) == before);

  const int requests = stats(cloud)["requests"];
  CHECK(desk.pawl({"run", plan}).code == 0);
  const int called = stats(cloud)["requests"].get<int>() - requests;
  const int estimated = shown["estimate"]["calls"];
  CHECK_MESSAGE((called > estimated / 2 && called < estimated * 2), called, " ", estimated);

  const json after = desk.json_of({"plan", plan});
  CHECK(after["instances"][0]["fate"] == "skip");
  CHECK(after["instances"][0]["reason"].get<std::string>().find(
            "already on its target: fleet-2 has made") == 0);
}

TEST_CASE("a run takes twelve calls besides its polls (cli/outlook.cpp counts them so)") {
  constexpr int runs = 5, polls = 3 + 4;
  const StandIn cloud(
      {"--instances", std::to_string(runs), "--check-polls", "2", "--upgrade-polls", "3"});
  const Desk desk;
  CHECK(desk.pawl({"run", desk.directory().write("plan.yaml", plan_for(cloud))}).code == 0);
  const json calls = stats(cloud)["by_endpoint"];
  CHECK(calls["status"] == runs * (3 + polls));
  CHECK(calls["histories"] == runs * 3);
  CHECK(calls["triggers"] == runs * 2);
  CHECK(calls["instances"] == 2 + runs * 3);  // the list and disaster recovery at first
  const int others = stats(cloud)["requests"].get<int>() - calls["status"].get<int>() -
                     calls["histories"].get<int>() - calls["triggers"].get<int>() -
                     calls["instances"].get<int>();
  CHECK(others == runs);  // the offers
}

TEST_CASE("rules that contradict each other are told with their place, by validate and by plan") {
  const StandIn cloud({"--instances", "4"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "defaults: {max_failures: 4, spread: {tag: service, max: 9}}\n"
                            "check: {margin: 7d}"));
  const Ended validated = desk.pawl({"validate", plan, "--json"});
  CHECK(validated.code == 0);
  CHECK(json::parse(validated.out)["warnings"].size() == 1);
  CHECK(validated.err.find("plan.yaml:12:17: ") != std::string::npos);
  const Ended planned = desk.pawl({"plan", plan, "--json"});
  CHECK(planned.code == 0);
  const json warnings = json::parse(planned.out)["warnings"];
  CHECK(warnings.size() == 2);
  CHECK(warnings.back()["line"] == 11);
  CHECK(planned.err.find("plan.yaml:11:26: wave `all` has 4 instances") != std::string::npos);
}

TEST_CASE("validate and plan warn alike of soaks, windows and budgets that defeat the plan") {
  struct Row {
    std::string rule, words;
  };
  const std::vector<Row> rows{
      {"waves: [{name: a, select: {tags: {tier: canary}}, soak: 8d}, {name: b}]",
       "all checks of it and of later waves expire before"},
      {"defaults: {windows: [{days: [mon], from: \"01:00\", to: \"01:05\", zone: UTC}]}",
       "no window is open for longer than 5m"},
      {"defaults: {max_failures: 100%}", "a budget of 100% never halts the rollout"},
      {"max_failures: 100%", "a budget of 100% never halts the rollout"},
      {"max_failures: 3\ndefaults: {max_failures: 9}", "halts the rollout before the wave's"},
  };
  const StandIn cloud({"--instances", "20"});
  const Desk desk;
  for (const Row& row : rows) {
    CAPTURE(row.rule);
    const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud, row.rule));
    for (const char* command : {"validate", "plan"}) {
      CAPTURE(command);
      const Ended ended = desk.pawl({command, plan, "--json"});
      CHECK(ended.code == 0);
      const std::string warnings = json::parse(ended.out)["warnings"].dump();
      CHECK_MESSAGE(warnings.find(row.words) != std::string::npos, warnings);
      CHECK(ended.err.find(row.words) != std::string::npos);
    }
  }
}

TEST_CASE("a plan that cannot be shown exits as run would, and starts nothing") {
  const Desk desk;
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "1h"});
  CHECK(desk.pawl({"plan"}).code == 2);
  CHECK(desk.pawl({"plan", "missing.yaml"}).code == 2);
  std::string text = plan_for(cloud);
  const std::string good = desk.directory().write("plan.yaml", text);
  Child driver({program(), "run", good, "--store", desk.store()}, desk.directory().path());
  while (stats(cloud)["upgrades"] != 2)
    REQUIRE_FALSE(driver.wait(std::chrono::milliseconds{10}));
  const Ended own = desk.pawl({"plan", good, "--json"});
  CHECK(json::parse(own.out)["unfinished_rollout"] == "fleet-1");
  text.replace(text.find("name: fleet"), 11, "name: other");
  const Ended taken = desk.pawl({"plan", desk.directory().write("other.yaml", text)});
  CHECK(taken.code == 2);
  CHECK(taken.err.find("belongs to rollout fleet-1") != std::string::npos);
  text.replace(text.find("env: prod"), 9, "env: none");
  CHECK(desk.pawl({"plan", desk.directory().write("none.yaml", text)}).code == 2);
  StandIn gone({"--instances", "2"});
  const std::string unreachable = desk.directory().write("gone.yaml", plan_for(gone));
  gone.stop();
  CHECK(desk.pawl({"plan", unreachable}).code == 5);
}

TEST_CASE("a plan against a rollout shows what has changed in the fleet since") {
  const StandIn cloud(
      {"--instances", "4", "--versions", "13.9", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  std::string text = plan_for(cloud, "exclude: [{names: [users-1]}]");
  text.replace(text.find("{tags:"), 6, "{version: \"13\", tags:");
  const std::string plan = desk.directory().write("plan.yaml", text);
  CHECK(desk.pawl({"run", plan}).code == 0);
  const Ended same = desk.pawl({"plan", "--against", "fleet-1"});
  CHECK_MESSAGE(same.out.find("the fleet is as fleet-1 froze it: 3 instances") != std::string::npos,
                same.out, same.err);
  text.replace(text.find("users-1"), 7, "search-1");
  const json drifted =
      desk.json_of({"plan", desk.directory().write("changed.yaml", text), "--against", "fleet-1"});
  const auto changes = by(drifted["drift"], "name");
  CHECK(changes.size() == 2);
  CHECK(changes.at("users-1")["change"] == "new");
  CHECK(changes.at("search-1")["change"] == "unmatched");
  CHECK(changes.at("search-1")["state"] == "succeeded");

  // Someone else upgrades, from another store: what comes of it is in the fleet.
  text.replace(text.find("exclude:"), std::string::npos, "");
  const std::string all = desk.directory().write("all.yaml", text);
  CHECK(desk.pawl({"precheck", all}).code == 0);  // all but users-1 are on their target
  const Desk elsewhere;
  std::string theirs = plan_for(cloud);
  theirs.replace(theirs.find("{tags: {env: prod}}"), 19, "{name: users-1}");
  CHECK(elsewhere.pawl({"run", elsewhere.directory().write("plan.yaml", theirs)}).code == 0);
  const json more = desk.json_of({"plan", "--against", "fleet.precheck-1"});
  REQUIRE(more["drift"].size() == 1);
  CHECK(more["drift"][0]["name"] == "users-1-14.6");
  CHECK(more["drift"][0]["change"] == "upgraded");
  CHECK(desk.pawl({"plan", "--against", "fleet-9"}).code == 2);
}

TEST_CASE("a drift is shown though the live fleet fits the plan's waves no more") {
  const StandIn cloud({"--instances", "4", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  std::string text = plan_for(cloud, "defaults: {approval: required}");
  const std::string orders = "{name: orders-1}";
  text.replace(text.find("{tags: {env: prod}}"), 19, orders);
  CHECK(desk.pawl({"run", desk.directory().write("plan.yaml", text), "--no-wait"}).code == 3);
  text.replace(text.find(orders), orders.size(), "{name: \"*\"}");
  text +=
      "\nwaves: [{name: a, select: {name: \"orders-*\"}}, {name: b, select: {name: \"or*\"}}, "
      "{name: c, select: {name: \"bill*\"}}]\n";
  const Ended ended = desk.pawl(
      {"plan", desk.directory().write("changed.yaml", text), "--against", "fleet-1", "--json"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(ended.err.find("the waves `a` and `b` both select orders-1") != std::string::npos);
  CHECK(ended.err.find("no wave takes ") != std::string::npos);
  const auto changes = by(json::parse(ended.out)["drift"], "name");
  CHECK(changes.size() == 4);
  CHECK(changes.at("orders-1")["change"] == "unmatched");
  CHECK(changes.at("users-1")["change"] == "new");
  CHECK(changes.at("users-1")["wave"].is_null());
  CHECK(changes.at("billing-1")["wave"] == "c");
}

TEST_CASE("a plan on a narrow terminal shows what becomes of each instance, and why") {
  const StandIn cloud({"--instances", "6", "--frozen", "1"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const auto shown = [&](std::size_t columns) {
    const Ended ended = run_on_terminal(
        50, columns, fmt::format("'{}' plan {} --store {}", program(), plan, desk.store()));
    REQUIRE_MESSAGE(ended.code == 0, ended.out);
    return ended.out;
  };
  const std::string narrow = shown(80);
  CHECK(narrow.find("\nNAME ") != std::string::npos);
  CHECK(narrow.find("its status is `FROZEN`") != std::string::npos);
  std::istringstream lines(narrow);
  for (std::string line; std::getline(lines, line);)
    CHECK_MESSAGE(line.size() <= 83, line);  // "…" is three bytes, and the line has an end
  CHECK(shown(200).find("\nINSTANCE ") != std::string::npos);
}
