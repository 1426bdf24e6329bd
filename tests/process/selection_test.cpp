// Which instances a plan takes, and to which version, by the program and the stand-in's list.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>
#include <utility>

#include "tests/engine_io/raw_server.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

using Names = std::set<std::string>;

/// A plan that takes `instances`, a YAML list, and has `more` lines.
std::string plan_of(const StandIn& cloud, const std::string& instances,
                    const std::string& more = "") {
  std::string text = plan_for(cloud, more);
  const std::string usual = "[{select: {tags: {env: prod}}}]";
  text.replace(text.find(usual), usual.size(), instances);
  return text;
}

Names names_of(const json& instances) {
  Names names;
  for (const json& instance : instances)
    names.insert(instance["name"].get<std::string>());
  return names;
}

}  // namespace

TEST_CASE("ids, names, tags and versions choose, exclude takes away, and the journal keeps who") {
  const StandIn cloud = quick_cloud(20);
  const Desk desk;
  std::string all = plan_of(cloud, "[{select: {name: \"*\"}}]");
  json fleet = desk.json_of({"plan", desk.directory().write("all.yaml", all)})["instances"];
  std::string id;
  for (const json& instance : fleet)
    if (instance["name"] == "orders-3") id = instance["instance_id"];
  // Versions 13.9 and 12.15 come by turns: search-1, the fourth, has 12.15.
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_of(cloud,
              fmt::format("[{{ids: [{}]}}, {{select: {{name: \"bil*-?\"}}}}, {{select: {{tags: "
                          "{{service: search}}, version: \"12\"}}}}]",
                          id),
              "exclude: [{names: [\"*-2\"]}, {select: {name: \"billing-4\"}}]"));
  const Names meant{"orders-3", "billing-1", "billing-3", "search-1", "search-3"};
  CHECK(names_of(desk.json_of({"plan", plan})["instances"]) == meant);
  const Ended ended = desk.pawl({"run", plan});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(names_of(desk.json_of({"status"})["instances"]) == meant);
  std::set<std::string> enrolled;
  for (const json& entry : desk.history())
    if (!entry["instance_id"].is_null()) enrolled.insert(entry["instance_id"].get<std::string>());
  CHECK(enrolled.size() == meant.size());
  CHECK(enrolled.count(id) == 1);
  check_agreement(desk, cloud);
}

TEST_CASE("an instance that two waves select is an error that names it and both, to plan and run") {
  const StandIn cloud = quick_cloud(20);
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "waves: [{name: alpha, select: {name: \"orders-*\"}}, {name: beta, "
                            "select: {name: \"*-1\"}}, {name: rest}]"));
  for (const char* command : {"plan", "run", "precheck"}) {
    CAPTURE(command);
    const Ended ended = desk.pawl({command, plan});
    CHECK(ended.code == 2);
    CHECK_MESSAGE(ended.err.find("alpha") != std::string::npos, ended.err);
    CHECK(ended.err.find("beta") != std::string::npos);
    CHECK(ended.err.find("orders-1") != std::string::npos);
    CHECK(ended.err.find("reading the instance list of " + cloud.url() + " at ") !=
          std::string::npos);
  }
  CHECK(counted(cloud, "checks") == 0);
}

TEST_CASE("a major version takes the newest offered minor, and what cannot be had is refused") {
  struct Row {
    std::string targets, wanted, target, reason;
    int code;
  };
  const std::vector<Row> rows{
      {"13.11,14.6,14.10,14.9,15.4", "14", "14.10", "", 0},
      {"13.11,14.6,14.10", "14.6", "14.6", "", 0},
      {"13.11,15.4", "14", "", "the cloud does not offer 14", 1},
      {"13.11,14.6", "13", "", "already on its target: it runs version 13.9", 0},
      {"13.11,14.6", "13.11", "", "13.11 is no later major version than 13.9", 1},
      {"13.11,14.6", "12", "", "12 is no later major version than 13.9", 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.targets);
    CAPTURE(row.wanted);
    const StandIn cloud = quick_cloud(20, {"--targets", row.targets, "--versions", "13.9"});
    const Desk desk;
    std::string text = plan_of(cloud, "[{select: {name: \"users-*\"}}]");
    text.replace(text.find("\"14\""), 4, "\"" + row.wanted + "\"");
    const std::string plan = desk.directory().write("plan.yaml", text);
    const bool upgraded = row.reason.empty();
    const json planned = desk.json_of({"plan", plan})["instances"][0];
    CHECK(planned["fate"] == (upgraded ? "upgrade" : "skip"));
    CHECK(desk.pawl({"run", plan}).code == row.code);
    CHECK(upgrades(cloud) == (upgraded ? 4 : 0));
    const json run = desk.json_of({"show", "users-1"});
    if (upgraded) {
      CHECK(planned["target_version"] == row.target);
      CHECK(run["target_version"] == row.target);
      continue;
    }
    CHECK(run["state"] == "skipped");
    for (const json& told : {planned, run}) {
      const std::string reason = told["reason"];
      CHECK_MESSAGE(reason.find(row.reason) != std::string::npos, reason);
    }
  }
}

TEST_CASE("what takes part in disaster recovery is left alone, in the plan's words and the run's") {
  for (const bool cutover : {true, false}) {
    CAPTURE(cutover);
    const StandIn cloud = quick_cloud(20, {"--standbys", "1"});
    const Desk desk;
    std::string text = plan_of(cloud, "[{select: {name: \"orders-*\"}}]");
    if (!cutover) text.replace(text.find("cutover: true"), 13, "cutover: false");
    const std::string plan = desk.directory().write("plan.yaml", text);
    const json planned = desk.json_of({"plan", plan})["instances"];
    REQUIRE(planned.size() == 5);
    const Ended ended = desk.pawl({"run", plan});
    CHECK_MESSAGE(ended.code == 1, ended.err);
    for (const json& instance : planned) {
      const std::string name = instance["name"];
      CAPTURE(name);
      const bool standby = name == "orders-1-standby-1";
      const bool skipped = standby || (cutover && name == "orders-1");
      const json run = desk.json_of({"show", name});
      CHECK(instance["fate"] == (skipped ? "skip" : "upgrade"));
      CHECK(run["state"] == (skipped ? "skipped" : "succeeded"));
      if (!skipped) continue;
      for (const json& told : {instance, run}) {
        const std::string reason = told["reason"];
        CHECK_MESSAGE(reason.starts_with(standby ? "it is the standby of a disaster-recovery pair"
                                                 : "it is the primary of a disaster-recovery pair"),
                      reason);
      }
    }
    check_agreement(desk, cloud);
  }
}

TEST_CASE("a cloud without disaster recovery is taken as it is, one that hides it is warned of") {
  const StandIn cloud({"--instances", "1"});
  const std::pair<std::string, bool> rows[] = {
      {refusal(404, "APIGW.0101", "The API does not exist"), false},
      {refusal(403, "DBS.200044", "permission denied"), true},
      {ok("{}"), true},
  };
  for (const auto& row : rows) {
    const auto& [answer, warned] = row;
    CAPTURE(row.first);
    const RawServer server([&cloud, &answer = answer](Peer& peer, int) {
      while (const auto request = peer.read_request()) {
        const bool asked = request->find("disaster-recovery-relation") != std::string::npos;
        const std::string target = request->substr(4, request->find(' ', 4) - 4);
        peer.write(asked ? answer : ok(cloud.get(target)));
      }
    });
    const Desk desk;
    std::string text = plan_for(cloud);
    text.replace(text.find(cloud.url()), cloud.url().size(), server.url());
    const Ended ended = desk.pawl({"plan", desk.directory().write("plan.yaml", text)});
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK((ended.err.find("which instances take part in disaster recovery") != std::string::npos) ==
          warned);
  }
}

TEST_CASE("whose tags the list leaves out is excluded by any tag, and plan and run say so") {
  const StandIn cloud = quick_cloud(2);
  const RawServer server([&cloud](Peer& peer, int) {
    while (const auto request = peer.read_request()) {
      const std::string answer = cloud.get(request->substr(4, request->find(' ', 4) - 4));
      json body = json::parse(answer);
      if (body.contains("instances") && body.contains("total_count")) {
        for (json& instance : body["instances"])
          if (instance["name"] == "billing-1") instance["tags"] = nullptr;
      }
      peer.write(ok(body.dump()));
    }
  });
  const Desk desk;
  std::string text = plan_of(cloud, "[{select: {name: \"*\"}}]",
                             "exclude: [{select: {tags: {env: test}}}]\n"
                             "check: {ahead: false}\ndefaults: {approval: required}");
  replace(text, cloud.url(), server.url());
  const std::string plan = desk.directory().write("plan.yaml", text);
  for (const char* command : {"plan", "run"}) {
    CAPTURE(command);
    std::vector<std::string> words{command, plan};
    if (words[0] == "run") words.emplace_back("--no-wait");
    const Ended ended = desk.pawl(std::move(words));
    CHECK_MESSAGE(ended.err.find("`exclude` leaves out billing-1 (") != std::string::npos,
                  ended.err);
    CHECK(ended.err.find("the cloud's list does not give their tags") != std::string::npos);
  }
  CHECK(names_of(desk.json_of({"status"})["instances"]) == Names{"orders-1"});
}
