// Upgrades: the second instance, the addresses, the history and the refusals.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "tests/simulate/cloud.h"

namespace pawl::test {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

json newest(Cloud& cloud, const std::string& id) {
  return good(cloud.get(id, "upgrade-histories"))["upgrade_reports"][0];
}

}  // namespace

TEST_CASE("an upgrade makes a second instance that is built, then active, and swaps addresses") {
  Cloud cloud;
  const std::string id = cloud.first();
  const json before = cloud.with_id(id);
  good(cloud.check(id));
  cloud.pass(10s);
  CHECK(good(cloud.upgrade(id))["job_id"].get<std::string>().size() == 36);

  cloud.pass(9'999ms);
  CHECK(cloud.with_id(id)["status"] == "UPGRADING");
  json made = cloud.named("orders-1-14.6");
  CHECK(made["status"] == "BUILD");
  CHECK(made["created"] == "");
  CHECK(made["updated"] == "");
  CHECK(outcome(cloud.check(made["id"].get<std::string>(), "15.4")) == "400 DBS.200086");
  const json running = newest(cloud, id);
  CHECK(running["result"] == "running");
  CHECK(running["end_time"].is_null());
  CHECK(running["dst_instance_id"].is_null());
  CHECK(running["private_ip_change_time"].is_null());

  cloud.pass(1ms);
  made = cloud.named("orders-1-14.6");
  const json source = cloud.with_id(id);
  CHECK(made["status"] == "ACTIVE");
  CHECK(made["created"] == "2026-03-01T20:00:10+0800");
  CHECK(made["datastore"]["complete_version"] == "14.6");
  CHECK(made["tags"] == before["tags"]);
  CHECK(made["private_ips"] == before["private_ips"]);
  CHECK(source["private_ips"] != before["private_ips"]);
  CHECK(source["status"] == "ACTIVE");
  CHECK(source["datastore"] == before["datastore"]);

  const json entry = newest(cloud, id);
  CHECK(entry["start_time"] == "2026-03-01T20:00:10+0800");
  CHECK(entry["end_time"] == "2026-03-01T20:00:20+0800");
  CHECK(entry["src_instance_id"] == id);
  CHECK(entry["src_database_version"] == "13.9");
  CHECK(entry["dst_instance_id"] == made["id"]);
  CHECK(entry["dst_database_version"] == "14.6");
  CHECK(entry["result"] == "success");
  CHECK(entry["is_private_ip_changed"] == true);
  CHECK(entry["private_ip_change_time"] == "2026-03-01T20:00:20+0800");
  CHECK(entry["statistics_collection_mode"] == "before_change_private_ip");
  CHECK(good(cloud.status(id, "upgrade"))["status"] == "success");
  CHECK(cloud.stats()["instances"][id] ==
        json{{"checks", 1}, {"upgrades", 1}, {"upgrade_posts", 1}, {"backups", 0}});
}

TEST_CASE("without a cutover both keep their addresses, and the mode may be left out") {
  Cloud cloud;
  const std::string id = cloud.first();
  const json before = cloud.with_id(id);
  good(cloud.check(id));
  cloud.pass(10s);
  good(cloud.post(id, "upgrade", R"({"target_version":"14.6","is_change_private_ip":false})"));
  cloud.pass(1h);
  CHECK(cloud.with_id(id)["private_ips"] == before["private_ips"]);
  CHECK(cloud.named("orders-1-14.6")["private_ips"] != before["private_ips"]);
  const json entry = newest(cloud, id);
  CHECK(entry["is_private_ip_changed"] == false);
  CHECK(entry["private_ip_change_time"].is_null());
  CHECK(entry["statistics_collection_mode"].is_null());
}

TEST_CASE("the history names the new instance late, and the addresses swap later still") {
  simulate::Settings settings = ten_seconds();
  settings.dst_delay = 5s;
  settings.swap_delay = 20min;
  Cloud cloud(settings);
  const std::string id = cloud.first();
  const json before = cloud.with_id(id)["private_ips"];
  json entry = cloud.upgraded(id);
  CHECK(entry["result"] == "success");
  CHECK(entry["dst_instance_id"].is_null());
  cloud.pass(5s);
  entry = newest(cloud, id);
  CHECK(entry["dst_instance_id"].is_string());
  CHECK(entry["private_ip_change_time"].is_null());
  CHECK(cloud.with_id(id)["private_ips"] == before);
  cloud.pass(20min);
  CHECK(newest(cloud, id)["private_ip_change_time"] == "2026-03-01T20:20:20+0800");
  CHECK(cloud.named("orders-1-14.6")["private_ips"] == before);
}

TEST_CASE("an upgrade that fails leaves nothing of what it began to make") {
  simulate::Settings settings = ten_seconds();
  settings.upgrade_fail = 1;
  Cloud cloud(settings);
  const std::string id = cloud.first();
  good(cloud.check(id));
  cloud.pass(10s);
  good(cloud.upgrade(id));
  const std::string made = cloud.named("orders-1-14.6")["id"];
  cloud.pass(10s);
  CHECK(outcome(cloud.status(made, "upgrade")) == "404 DBS.200002");
  CHECK(good(cloud.list({{"id", made}}))["total_count"] == 0);
  CHECK(good(cloud.list())["total_count"] == 8);
  const json status = good(cloud.status(id, "upgrade"));
  CHECK(status["status"] == "failed");
  CHECK(status["detail"].get<std::string>().find("failed: ") != std::string::npos);
  CHECK(newest(cloud, id)["dst_instance_id"].is_null());
  CHECK(cloud.with_id(id)["status"] == "ACTIVE");
}

TEST_CASE("only a good check of that target, in its time, opens the way") {
  Cloud cloud;
  const std::string id = cloud.first();
  CHECK(outcome(cloud.upgrade(id)) == "409 DBS.200402");
  good(cloud.check(id, "15.4"));
  CHECK(outcome(cloud.upgrade(id, "15.4")) == "409 DBS.200011");  // it still runs
  cloud.pass(10s);
  CHECK(outcome(cloud.upgrade(id, "14.6")) == "409 DBS.200402");
  CHECK(outcome(cloud.upgrade(id, "13.11")) == "400 DBS.200040");
  cloud.pass(24h * 7 + 1ms);
  CHECK(outcome(cloud.upgrade(id, "15.4")) == "409 DBS.200402");
  good(cloud.check(id, "15.4"));
  cloud.pass(10s);
  cloud.pass(24h * 7);
  CHECK(outcome(cloud.upgrade(id, "15.4")) == "200");
  CHECK(outcome(cloud.upgrade(id, "15.4")) == "409 DBS.200011");
  CHECK(cloud.stats()["upgrades_max_per_instance"] == 1);
}

TEST_CASE("nothing stops a second upgrade after one that succeeded, and it is counted") {
  Cloud cloud;
  const std::string id = cloud.first();
  const json first = cloud.upgraded(id);
  good(cloud.upgrade(id));
  cloud.pass(10s);
  CHECK(newest(cloud, id)["dst_instance_id"] != first["dst_instance_id"]);
  CHECK(cloud.stats()["upgrades_max_per_instance"] == 2);
  CHECK(cloud.stats()["upgrades"] == 2);
}

TEST_CASE("each POST of an upgrade is counted by its instance, whatever is answered") {
  const auto posts = [](Cloud& cloud) {
    return cloud.stats()["upgrade_posts_max_per_instance"].get<int>();
  };
  Cloud cloud;
  const std::string id = cloud.first();
  CHECK(posts(cloud) == 0);
  CHECK(outcome(cloud.upgrade(id)) == "409 DBS.200402");
  CHECK(posts(cloud) == 1);
  CHECK(cloud.stats()["instances"][id]["upgrade_posts"] == 1);
  cloud.upgraded(id);
  good(cloud.check(id));
  CHECK(outcome(cloud.upgrade(cloud.named("billing-1")["id"].get<std::string>())) ==
        "409 DBS.200402");
  CHECK(posts(cloud) == 2);
  CHECK(cloud.stats()["upgrades_max_per_instance"] == 1);
  CHECK(outcome(cloud.upgrade("00000000000000000000000000000000in03")) == "404 DBS.200002");

  for (const auto trouble : {simulate::Trouble::throttled, simulate::Trouble::reset_before,
                             simulate::Trouble::error_before}) {
    simulate::Settings settings = ten_seconds();
    settings.faults = {{trouble, 1}};
    Cloud troubled(settings);
    troubled.upgrade(id);
    troubled.upgrade(id);
    CHECK(posts(troubled) == 2);
  }
  simulate::Settings settings = ten_seconds();
  settings.token = "right";
  Cloud closed(settings);
  const std::string path =
      fmt::format("/v3/{}/instances/{}/major-version/upgrade", settings.project_id, id);
  CHECK(closed.model().serve({Method::post, path, {}, ""}, "wrong", closed.now()).status == 401);
  CHECK(posts(closed) == 1);
}

TEST_CASE("a second upgrade while one runs makes a second instance where it is accepted") {
  for (const bool by_polls : {false, true}) {
    CAPTURE(by_polls);
    simulate::Settings settings = ten_seconds();
    settings.second_upgrade = true;
    if (by_polls) settings.upgrade_polls = 1;
    Cloud cloud(settings);
    const std::string id = cloud.first();
    good(cloud.check(id));
    cloud.pass(10s);
    good(cloud.upgrade(id));
    cloud.pass(5s);
    CHECK(outcome(cloud.check(id)) == "409 DBS.200011");
    good(cloud.upgrade(id));
    CHECK(good(cloud.list({{"name", "orders-1-14.6"}}))["total_count"] == 2);
    CHECK(cloud.stats()["upgrades_max_per_instance"] == 2);
    cloud.pass(5s);
    CHECK(good(cloud.status(id, "upgrade"))["status"] == "running");
    CHECK(cloud.with_id(id)["status"] == "UPGRADING");
    cloud.pass(5s);
    CHECK(good(cloud.status(id, "upgrade"))["status"] == "success");
    CHECK(cloud.with_id(id)["status"] == "ACTIVE");
    const json made = good(cloud.list({{"name", "orders-1-14.6"}}))["instances"];
    const json history = good(cloud.get(id, "upgrade-histories"))["upgrade_reports"];
    REQUIRE(made.size() == 2);
    REQUIRE(history.size() == 2);
    for (std::size_t n = 0; n < 2; ++n) {
      CHECK(made[n]["status"] == "ACTIVE");
      CHECK(history[n]["result"] == "success");
      CHECK(history[n]["dst_instance_id"] == made[1 - n]["id"]);  // the newest first
    }
  }
}

TEST_CASE("the fields of an upgrade are each demanded") {
  Cloud cloud;
  const std::string id = cloud.first();
  good(cloud.check(id));
  cloud.pass(10s);
  for (const char* fields :
       {R"("is_change_private_ip":true)", R"("is_change_private_ip":"false")",
        R"("is_change_private_ip":null)", R"("is_change_private_ip":1)",
        R"("is_change_private_ip":true,"statistics_collection_mode":"never")",
        R"("is_change_private_ip":true,"statistics_collection_mode":7)",
        R"("is_change_private_ip":false,"statistics_collection_mode":{"a":[]})",
        R"("statistics_collection_mode":"before_change_private_ip")"}) {
    CAPTURE(fields);
    const std::string body = fmt::format(R"({{"target_version":"14.6",{}}})", fields);
    CHECK(outcome(cloud.post(id, "upgrade", body)) == "400 DBS.200001");
  }
  CHECK(cloud.stats()["upgrades"] == 0);
}

TEST_CASE("histories are sorted, filtered and paged as asked") {
  Cloud cloud;
  const std::string id = cloud.first();
  for (const char* target : {"14.6", "15.4", "14.6"}) {
    good(cloud.check(id, target));
    cloud.pass(24h * 4);
  }
  const auto targets = [&](Query query) {
    std::string found;
    const json page = good(cloud.get(id, "inspection-histories", std::move(query)));
    for (const json& entry : page["inspection_reports"])
      found += entry["target_version"].get<std::string>() + " ";
    return found + std::to_string(page["total_count"].get<int>());
  };
  CHECK(targets({}) == "14.6 15.4 14.6 3");
  CHECK(targets({{"target_version", "15.4"}}) == "15.4 1");
  CHECK(targets({{"target_version", "15"}}) == "0");
  CHECK(targets({{"is_available", "true"}}) == "14.6 1");
  CHECK(targets({{"is_available", "false"}}) == "15.4 14.6 2");
  CHECK(targets({{"offset", "1"}, {"limit", "1"}}) == "15.4 3");
  CHECK(targets({{"order", "ASC"}, {"limit", "2"}}) == "14.6 15.4 3");
  CHECK(targets({{"order", "desc"}, {"sort_field", "expiration_time"}}) == "14.6 15.4 14.6 3");
  for (const Query& query :
       {Query{{"order", "up"}}, Query{{"sort_field", "start_time"}}, Query{{"limit", "0"}},
        Query{{"offset", "x"}}, Query{{"is_available", "yes"}}}) {
    CAPTURE(query.front().first);
    CHECK(outcome(cloud.get(id, "inspection-histories", query)) == "400 DBS.200001");
  }
  CHECK(outcome(cloud.get(id, "upgrade-histories", {{"sort_field", "check_time"}})) ==
        "400 DBS.200001");
  CHECK(good(cloud.get(id, "upgrade-histories", {{"sort_field", "end_time"}}))["total_count"] == 0);
}

}  // namespace pawl::test
