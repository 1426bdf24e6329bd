// The list of instances: what is in it, its filters and its pages.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/simulate/cloud.h"

namespace pawl::test {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> names(const json& page) {
  std::vector<std::string> found;
  for (const json& instance : page["instances"])
    found.push_back(instance["name"]);
  return found;
}

/// Eight that can be upgraded, and two of each other sort.
simulate::Settings varied() {
  simulate::Settings settings = ten_seconds();
  settings.replicas = settings.mysql = settings.frozen = settings.busy = 2;
  return settings;
}

std::string text_of(simulate::Settings settings) {
  return Cloud(std::move(settings)).list().body;
}

}  // namespace

TEST_CASE("an instance is listed with the documented fields and spellings") {
  Cloud cloud;
  const json instance = cloud.named("orders-1");
  CHECK(instance["id"].get<std::string>().size() == 36);
  CHECK(instance["id"].get<std::string>().ends_with("in03"));
  CHECK(instance["status"] == "ACTIVE");
  CHECK(instance["type"] == "Ha");
  CHECK(instance["ha"]["replication_mode"] == "async");
  CHECK(instance["datastore"] ==
        json{{"type", "PostgreSQL"}, {"version", "13"}, {"complete_version", "13.9"}});
  CHECK(instance["created"] == "2025-01-25T20:00:00+0800");
  CHECK(instance["port"] == 5432);
  CHECK(instance["cpu"] == "2");
  CHECK(instance["private_ips"].size() == 1);
  CHECK(instance["nodes"].size() == 2);
  CHECK(instance["nodes"][1]["role"] == "slave");
  CHECK(instance["charge_info"]["charge_mode"] == "postPaid");
  CHECK(instance["tags"][0] == json{{"key", "env"}, {"value", "prod"}});
  CHECK(instance["related_instance"] == json::array());
  const json single = cloud.named("search-1");
  CHECK(single["type"] == "Single");
  CHECK_FALSE(single.contains("ha"));
  CHECK(single["nodes"].size() == 1);
  CHECK(cloud.named("billing-1")["datastore"]["complete_version"] == "12.15");
}

TEST_CASE("the same seed makes the same cloud, another seed other ids, and no id comes twice") {
  simulate::Settings settings = varied();
  CHECK(text_of(settings) == text_of(settings));
  simulate::Settings other = settings;
  other.seed = 2;
  CHECK(text_of(settings) != text_of(other));
  std::set<std::string> ids;
  Cloud cloud(settings);
  const json all = good(cloud.list());
  for (const json& instance : all["instances"])
    ids.insert(instance["id"].get<std::string>());
  CHECK(ids.size() == 16);
  CHECK(all["total_count"] == 16);
}

TEST_CASE("each filter of the list keeps what it says") {
  Cloud cloud(varied());
  const std::string id = cloud.first();
  struct Row {
    Query query;
    std::size_t count;
  };
  const Row rows[] = {
      {{}, 16},
      {{{"id", id}}, 1},
      {{{"id", "00000000000000000000000000000000in03"}}, 0},
      {{{"name", "orders-1"}}, 1},
      {{{"name", "orders"}}, 0},
      {{{"name", "*orders"}}, 3},  // two, and the replica of the first
      {{{"name", "*replica"}}, 2},
      {{{"type", "Replica"}}, 2},
      {{{"type", "Single"}}, 2},
      {{{"type", ""}}, 16},
      {{{"datastore_type", "PostgreSQL"}}, 14},
      {{{"datastore_type", "MySQL"}}, 2},
      {{{"datastore_type", "SQLServer"}}, 0},
      {{{"tags", "tier=canary"}}, 3},
      {{{"tags", "env=prod,tier=canary"}}, 3},
      {{{"tags", "tier="}}, 3},
      {{{"tags", "service=billing"}}, 3},
      {{{"tags", "env=test"}}, 0},
      {{{"vpc_id", "b21630c1-e7d3-450d-907d-39ef5f445ae7"}}, 16},
      {{{"vpc_id", "another"}}, 0},
      {{{"subnet_id", "another"}}, 0},
      {{{"id", id}, {"name", "billing-1"}}, 0},
  };
  for (const Row& row : rows) {
    std::string asked;
    for (const auto& [key, value] : row.query)
      asked += key + "=" + value + " ";
    CAPTURE(asked);
    const json page = good(cloud.list(row.query));
    CHECK(page["total_count"] == row.count);
    CHECK(page["instances"].size() == row.count);
  }
}

TEST_CASE("both sides of a disaster-recovery pair are told, and neither is upgraded with cutover") {
  simulate::Settings settings = ten_seconds();
  settings.standbys = 1;
  Cloud cloud(settings);
  const std::string primary = cloud.first(), standby = cloud.named("orders-1-standby-1")["id"];
  const json relations =
      good(cloud.ask({Method::get,
                      "/v3/" + settings.project_id + "/instances/disaster-recovery-relation",
                      {},
                      {}}))["instance_dr_relations"];
  REQUIRE(relations.size() == 2);
  CHECK(relations[0]["instance_id"] == primary);
  CHECK(relations[0]["slave_instances"][0]["instance_id"] == standby);
  CHECK(relations[1]["instance_id"] == standby);
  CHECK(relations[1]["master_instance"]["instance_id"] == primary);
  CHECK(outcome(cloud.check(standby)) == "409 DBS.200402");
  good(cloud.check(primary));
  cloud.pass(10s);
  CHECK(outcome(cloud.upgrade(primary)) == "409 DBS.200402");
  CHECK(cloud.stats()["upgrades"] == 0);
}

TEST_CASE("a filter or a page that is none is a parameter error") {
  Cloud cloud;
  const Query rows[] = {
      {{"limit", "0"}},
      {{"limit", "101"}},
      {{"limit", "-1"}},
      {{"limit", "ten"}},
      {{"offset", "-1"}},
      {{"offset", "99999999999999999999999"}},
      {{"name", "*"}},
      {{"name", "***"}},
      {{"type", "ha"}},
      {{"datastore_type", "postgresql"}},
      {{"tags", "env"}},
      {{"tags", "=prod"}},
      {{"tags", "a=,b=,c=,d=,e=,f=,g=,h=,i=,j=,k="}},
  };
  for (const Query& query : rows) {
    CAPTURE(query.front().first + "=" + query.front().second);
    CHECK(outcome(cloud.list(query)) == "400 DBS.200001");
  }
}

TEST_CASE("pages cut the list, and total_count is that of the whole") {
  Cloud cloud;
  const std::vector<std::string> all = names(good(cloud.list()));
  std::vector<std::string> joined;
  for (const char* offset : {"0", "3", "6"}) {
    const json page = good(cloud.list({{"offset", offset}, {"limit", "3"}}));
    CHECK(page["total_count"] == 8);
    for (const std::string& name : names(page))
      joined.push_back(name);
  }
  CHECK(joined == all);
  CHECK(good(cloud.list({{"offset", "8"}}))["instances"] == json::array());
  CHECK(good(cloud.list({{"offset", "18446744073709551615"}}))["instances"] == json::array());
  simulate::Settings many = ten_seconds();
  many.instances = 130;
  Cloud crowd(many);
  CHECK(good(crowd.list())["instances"].size() == 100);
  CHECK(good(crowd.list({{"offset", "100"}}))["instances"].size() == 30);
}

TEST_CASE("replicas, other engines, frozen and busy instances show as such") {
  Cloud cloud(varied());
  const json replica = cloud.named("orders-1-replica-1");
  const json primary = cloud.named("orders-1");
  CHECK(replica["type"] == "Replica");
  CHECK(replica["nodes"][0]["role"] == "readreplica");
  CHECK(replica["related_instance"] ==
        json::array({{{"id", primary["id"]}, {"type", "replica_of"}}}));
  CHECK(primary["related_instance"] == json::array({{{"id", replica["id"]}, {"type", "replica"}}}));
  const json mysql = cloud.named("shop-mysql-1");
  CHECK(mysql["id"].get<std::string>().ends_with("in01"));
  CHECK(mysql["datastore"]["type"] == "MySQL");
  CHECK(mysql["datastore"]["version"] == "8.0");
  CHECK(mysql["port"] == 3306);
  CHECK(cloud.named("frozen-1")["status"] == "FROZEN");
  CHECK(cloud.named("busy-1")["status"] == "BACKING UP");
  cloud.pass(Duration{10'000});
  CHECK(cloud.named("frozen-1")["status"] == "FROZEN");
  CHECK(cloud.named("busy-1")["status"] == "ACTIVE");
}

TEST_CASE("the list may be late, with what an upgrade makes and with what it does to its source") {
  simulate::Settings settings = ten_seconds();
  settings.list_delay = 3s;
  Cloud cloud(settings);
  const std::string id = cloud.first();
  good(cloud.check(id));
  cloud.pass(10s);
  const json before = cloud.with_id(id);
  good(cloud.upgrade(id));
  const auto made = [&] { return good(cloud.list({{"name", "orders-1-14.6"}}))["instances"]; };
  cloud.pass(2'999ms);
  CHECK(cloud.with_id(id) == before);
  CHECK(made().empty());
  CHECK(outcome(cloud.upgrade(id)) == "409 DBS.200011");  // it is under way all the same
  CHECK(outcome(cloud.backup(id, "save-1")) == "409 DBS.200011");
  CHECK(good(cloud.status(id, "upgrade"))["status"] == "running");
  cloud.pass(1ms);
  CHECK(cloud.with_id(id)["status"] == "UPGRADING");
  CHECK(cloud.with_id(id)["updated"] == "2026-03-01T20:00:10+0800");
  REQUIRE(made().size() == 1);
  CHECK(made()[0]["status"] == "BUILD");
  cloud.pass(9'999ms);
  CHECK(good(cloud.status(id, "upgrade"))["status"] == "success");
  CHECK(cloud.with_id(id)["status"] == "UPGRADING");
  CHECK(cloud.with_id(id)["updated"] == "2026-03-01T20:00:10+0800");
  CHECK(made()[0]["status"] == "BUILD");
  CHECK(made()[0]["updated"] == "");
  cloud.pass(1ms);
  CHECK(cloud.with_id(id)["status"] == "ACTIVE");
  CHECK(cloud.with_id(id)["updated"] == "2026-03-01T20:00:20+0800");
  CHECK(made()[0]["status"] == "ACTIVE");
  CHECK(made()[0]["updated"] == "2026-03-01T20:00:20+0800");
}

TEST_CASE("what the list shows of the source meanwhile, and how the new one is called, is chosen") {
  simulate::Settings settings = ten_seconds();
  settings.upgrading_status = "ACTIVE";
  settings.made_name = "{version}/{name}/{version}";
  Cloud cloud(settings);
  const std::string id = cloud.first();
  good(cloud.check(id));
  cloud.pass(10s);
  good(cloud.upgrade(id));
  CHECK(cloud.with_id(id)["status"] == "ACTIVE");
  CHECK(outcome(cloud.backup(id, "save-1")) == "409 DBS.200011");
  CHECK(cloud.named("14.6/orders-1/14.6")["status"] == "BUILD");
}

}  // namespace pawl::test
