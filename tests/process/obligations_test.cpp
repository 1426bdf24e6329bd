// What upgrades leave for people to do, and which instance became which.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "tests/support/fleet.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

/// The plan with one text of it replaced.
std::string plan_with(const StandIn& cloud, const std::string& was, const std::string& is,
                      const std::string& more = "") {
  std::string plan = plan_for(cloud, more);
  const std::size_t at = plan.find(was);
  REQUIRE(at != std::string::npos);
  return plan.replace(at, was.size(), is);
}

std::map<std::string, int> kinds_of(const json& obligations) {
  std::map<std::string, int> kinds;
  for (const json& obligation : obligations)
    ++kinds[obligation["kind"].get<std::string>()];
  return kinds;
}

using Kinds = std::map<std::string, int>;

bool says(const Ended& ended, const std::string& words) {
  return ended.err.find(words) != std::string::npos;
}

std::vector<std::int64_t> seqs_of(const std::vector<json>& entries) {
  std::vector<std::int64_t> seqs;
  for (const json& entry : entries)
    seqs.push_back(entry["seq"]);
  return seqs;
}

}  // namespace

TEST_CASE("what upgrades leave is listed, closed by a person with a reason, and stays told") {
  const StandIn cloud(
      {"--instances", "3", "--replicas", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "statistics: after_cutover"));
  const Ended ran = desk.pawl({"run", plan});
  CHECK_MESSAGE(ran.code == 1, ran.err);  // the replica itself is skipped
  CHECK(ran.out.find("10 obligations are open") != std::string::npos);
  const json all = desk.json_of({"obligations"});
  CHECK(kinds_of(all) ==
        Kinds{{"old_instance", 3}, {"read_replicas", 1}, {"statistics", 3}, {"extensions", 3}});
  for (std::size_t i = 1; i < all.size(); ++i)
    CHECK(all[i - 1]["number"] < all[i]["number"]);
  const std::string id = desk.json_of({"show", "orders-1"})["instance_id"];
  const json replicas = desk.json_of({"obligations", "--kind", "read_replicas"});
  CHECK(replicas[0]["instance_id"] == id);
  CHECK(replicas[0]["name"] == "orders-1");
  CHECK(replicas[0]["closed"].is_null());
  CHECK(desk.json_of({"obligations", "--instance", id}).size() == 4);
  CHECK(desk.json_of({"obligations", "--rollout", "fleet-1"}).size() == 10);
  for (const char* format : {"table", "csv", "ndjson"})
    CHECK(desk.pawl({"obligations", "--output", format}).out.find("read_replicas") !=
          std::string::npos);

  const std::string number = std::to_string(replicas[0]["number"].get<int>());
  const Ended closed = desk.pawl({"obligations", "close", number, "--reason", "made anew"});
  CHECK_MESSAGE(closed.code == 0, closed.err);
  CHECK(says(closed, "1 obligation is closed"));
  CHECK(closed.out.find(number) != std::string::npos);
  CHECK(closed.out.find("orders-1") != std::string::npos);
  CHECK(closed.out.find("read_replicas") != std::string::npos);
  CHECK(desk.pawl({"obligations", "close", "--kind", "statistics", "--reason", "analyzed"}).code ==
        0);
  CHECK(desk.json_of({"obligations"}).size() == 6);
  const json entry = desk.history({"--event", "obligation_closed", "--limit", "1"}).at(0);
  CHECK(entry["instance_id"] == id);
  CHECK(entry["data"]["obligation"] == number);
  CHECK(entry["data"]["reason"] == "made anew");
  CHECK(entry["actor"].get<std::string>().find('@') != std::string::npos);
  const json told = desk.json_of({"obligations", "--all", "--kind", "read_replicas"})[0];
  CHECK(told["closed"] == entry["time"]);
  CHECK(told["closed_by"] == entry["actor"]);
  CHECK(told["closed_reason"] == "made anew");

  const json status = desk.json_of({"status"});
  CHECK(status["open_obligations"] == 6);
  CHECK(desk.json_of({"list"})[0]["open_obligations"] == 6);
  CHECK(desk.json_of({"status", "--as-of", status["finished"]})["open_obligations"] == 10);
  CHECK(kinds_of(desk.json_of({"show", "orders-1"})["obligations"])["read_replicas"] == 1);
  const std::string shown = desk.pawl({"show", "orders-1"}).out;
  CHECK(shown.find("left to do") != std::string::npos);
  CHECK(shown.find(number + ", read_replicas") == std::string::npos);
  check_agreement(desk, cloud);
}

TEST_CASE("what cannot be closed is refused with clear words, and nothing of it is done") {
  const StandIn cloud({"--instances", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  CHECK(desk.pawl({"obligations"}).code != 0);  // there is no store yet
  CHECK(desk.pawl({"run", desk.directory().write("plan.yaml", plan_for(cloud))}).code == 0);
  const json open = desk.json_of({"obligations"});
  REQUIRE(open.size() == 2);
  const std::string first = std::to_string(open[0]["number"].get<int>());
  const std::string second = std::to_string(open[1]["number"].get<int>());
  const auto close = [&](Words words, const char* reason = "done") {
    words.insert(words.begin(), {"obligations", "close"});
    words.insert(words.end(), {"--reason", reason});
    return desk.pawl(std::move(words));
  };
  CHECK(desk.pawl({"obligations", "close", first}).code == 2);
  CHECK(close({first}, " ").code == 2);
  CHECK(close({}).code == 2);
  CHECK(close({first, "--kind", "extensions"}).code == 2);
  const Ended unknown = close({first, "999"});
  CHECK(unknown.code == 2);
  CHECK(says(unknown, "there is no obligation 999"));
  CHECK(close({"--kind", "cobwebs"}).code == 2);
  CHECK(close({"--kind", "prepaid"}).code == 2);
  CHECK(close({"--rollout", "fleet-9"}).code == 2);
  CHECK(close({"--instance", "nobody"}).code == 2);
  CHECK(desk.json_of({"obligations"}) == open);
  CHECK(close({first}).code == 0);
  const Ended twice = close({second, first});
  CHECK(twice.code == 2);
  CHECK(says(twice, "closed already, by"));
  CHECK(desk.json_of({"obligations"}).size() == 1);
  check_agreement(desk, cloud);
}

TEST_CASE("what instances of one name left is closed of one of them only, by its id") {
  const Desk desk;
  std::vector<std::string> ids;
  for (const char* seed : {"1", "2"}) {
    const StandIn cloud(
        {"--instances", "1", "--seed", seed, "--check-time", "0", "--upgrade-time", "0"});
    const Ended ran =
        desk.pawl({"run", desk.directory().write("plan.yaml", plan_for(cloud)), "--new"});
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    ids.push_back(desk.json_of({"status"})["instances"][0]["instance_id"]);
  }
  REQUIRE(ids[0] != ids[1]);
  const json open = desk.json_of({"obligations", "--instance", "orders-1"});
  REQUIRE(open.size() == 4);
  const Ended refused =
      desk.pawl({"obligations", "close", "--instance", "orders-1", "--reason", "done"});
  CHECK(refused.code == 2);
  CHECK(says(refused, "several instances bear the name `orders-1`; give the id of one, such as "));
  CHECK(desk.json_of({"obligations"}) == open);
  CHECK(desk.pawl({"obligations", "close", "--instance", ids[0], "--reason", "done"}).code == 0);
  for (const json& left : desk.json_of({"obligations"}))
    CHECK(left["instance_id"] == ids[1]);
  const Words last{"obligations", "close", "--instance", "orders-1", "--reason", "done"};
  CHECK(desk.pawl(last).code == 0);
}

TEST_CASE("obligations are closed while a driver runs") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "waves: [{name: canary, select: {name: orders-1}}, {name: rest, "
                            "approval: required}]"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (desk.pawl({"obligations", "--output", "ndjson"}).out.empty())
    REQUIRE_FALSE(driver.wait(20ms));
  const json closed = desk.json_of(
      {"obligations", "close", "--instance", "orders-1", "--reason", "released and all"});
  REQUIRE(closed.size() == 2);
  CHECK(closed[1]["closed_reason"] == "released and all");
  CHECK(desk.json_of({"obligations"}).empty());
  CHECK(desk.pawl({"approve"}).code == 0);
  const auto ended = driver.wait(20s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  CHECK(desk.json_of({"obligations"}).size() == 2);
  check_agreement(desk, cloud);
}

TEST_CASE("a rehearsal leaves its copy alone, and a failed upgrade what nobody documents") {
  const StandIn cloud({"--instances", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string rehearsal =
      desk.directory().write("plan.yaml", plan_with(cloud, "cutover: true", "cutover: false"));
  CHECK(desk.pawl({"run", rehearsal}).code == 0);
  const json copy = desk.json_of({"obligations"});
  CHECK(kinds_of(copy) == Kinds{{"rehearsal_copy", 1}});
  const std::string made = desk.json_of({"show", "orders-1"})["new_instance_id"];
  CHECK(copy[0]["text"].get<std::string>().find(made) == 0);
  check_agreement(desk, cloud);

  const StandIn failing(
      {"--instances", "1", "--check-time", "0", "--upgrade-time", "0", "--upgrade-fail", "100%"});
  const Desk other;
  CHECK(other.pawl({"run", other.directory().write("plan.yaml", plan_for(failing))}).code == 1);
  CHECK(kinds_of(other.json_of({"obligations"})) == Kinds{{"failed_upgrade", 1}});
  check_agreement(other, failing);
}

TEST_CASE("a run left alone while it may be upgrading leaves an obligation") {
  const StandIn cloud({"--instances", "1", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_with(cloud, "verify: 20s", "verify: 20s, upgrade: 1s"));
  CHECK(desk.pawl({"run", plan}).code == 1);
  CHECK(desk.json_of({"status"})["counts"]["needs_operator"] == 1);
  CHECK(desk.json_of({"obligations"}).empty());
  CHECK(desk.pawl({"skip", "fleet-1", "orders-1", "--reason", "we look ourselves"}).code == 0);
  const json left = desk.json_of({"obligations"});
  REQUIRE(left.size() == 1);
  CHECK(left[0]["kind"] == "in_doubt");
  CHECK(desk.json_of({"status"})["state"] == "finished");
  CHECK(
      desk.pawl({"obligations", "close", "--rollout", "fleet-1", "--reason", "it was none"}).code ==
      0);
  CHECK(desk.json_of({"obligations"}).empty());
  check_agreement(desk, cloud);
}

TEST_CASE("a cancelled rollout leaves an obligation for each run that may be upgrading") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_with(cloud, "verify: 20s", "verify: 20s, upgrade: 1s",
                             "defaults: {max_parallel: 1, max_failures: 1}"));
  CHECK(desk.pawl({"run", plan}).code == 1);
  const json before = desk.json_of({"show", "orders-1"});
  REQUIRE(before["state"] == "needs_operator");
  CHECK(desk.json_of({"obligations"}).empty());
  const Ended cancelled = desk.pawl({"cancel"});
  CHECK(cancelled.code == 0);
  CHECK(says(cancelled, "fleet-1: 1 obligation is open; `pawl obligations --rollout fleet-1`"));
  const json left = desk.json_of({"obligations"});
  REQUIRE(kinds_of(left) == Kinds{{"in_doubt", 1}});
  CHECK(left[0]["name"] == "orders-1");
  const json status = desk.json_of({"status"});
  CHECK(status["state"] == "cancelled");
  CHECK(status["counts"]["cancelled"] == 2);
  const std::string why = desk.json_of({"show", "orders-1"})["reason"];
  CHECK_MESSAGE(why.ends_with(before["reason"].get<std::string>()), why);
  CHECK(desk.pawl({"skip", "fleet-1", "orders-1"}).code == 2);
  check_agreement(desk, cloud);
}

TEST_CASE("a lineage of two upgrades is followed from either end") {
  const StandIn cloud({"--instances", "2", "--versions", "13.9", "--targets", "14.6,15.3",
                       "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string select = "{tags: {env: prod}}";
  CHECK(desk.pawl({"run", desk.directory().write(
                              "plan.yaml",
                              plan_with(cloud, select, "{tags: {env: prod}, version: \"13\"}"))})
            .code == 0);
  std::string later = plan_with(cloud, select, "{tags: {env: prod}, version: \"14\"}");
  later.replace(later.find("target_version: \"14\""), 20, "target_version: \"15\"");
  const Ended again = desk.pawl({"run", desk.directory().write("later.yaml", later)});
  CHECK_MESSAGE(again.code == 0, again.err);

  const json first = desk.json_of({"show", "orders-1"});
  const std::string a = first["instance_id"], b = first["new_instance_id"];
  const json second = desk.json_of({"show", b});
  CHECK(second["instance_id"] == b);
  const std::string c = second["new_instance_id"];
  CHECK(desk.json_of({"show", c})["instance_id"] == b);
  const json line = {{{"rollout", "fleet-1"}, {"instance_id", a}, {"new_instance_id", b}},
                     {{"rollout", "fleet-2"}, {"instance_id", b}, {"new_instance_id", c}}};
  const auto seqs = seqs_of(desk.history({"--instance", a}));
  CHECK(seqs.size() == desk.history({"--instance", a, "--rollout", "fleet-1"}).size() +
                           desk.history({"--instance", a, "--rollout", "fleet-2"}).size());
  for (const std::string& id : {a, b, c}) {
    CAPTURE(id);
    CHECK(desk.json_of({"show", id})["lineage"] == line);
    CHECK(seqs_of(desk.history({"--instance", id})) == seqs);
    CHECK(desk.json_of({"obligations", "--instance", id}).size() == 4);
    CHECK(desk.pawl({"show", id})
              .out.find(fmt::format("{} -> {} (fleet-1) -> {} (fleet-2)", a, b, c)) !=
          std::string::npos);
  }
  CHECK(desk.pawl({"history", "--instance", "nobody"}).code == 2);
  CHECK(desk.pawl({"history", "--instance", a, "--rollout", "fleet-9"}).code == 2);
}
