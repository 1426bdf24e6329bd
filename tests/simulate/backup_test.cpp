// Manual backups of the stand-in: their shapes, what they keep out, and the trace that they leave.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "tests/simulate/cloud.h"

namespace pawl::test {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string path = "/v3/0483b6b16e954cb88930a360d2c4e663/backups";

simulate::Settings with_backups() {
  simulate::Settings settings = ten_seconds();
  settings.backup_time = {10s, 10s};
  return settings;
}

}  // namespace

TEST_CASE("a backup is built, then complete, and its instance is busy meanwhile") {
  Cloud cloud(with_backups());
  const std::string id = cloud.first();
  const json made = good(cloud.backup(id, "save-1"))["backup"];
  CHECK(made["status"] == "BUILDING");
  CHECK(made["type"] == "manual");
  CHECK(made["begin_time"] == "2026-03-01T12:00:00");
  CHECK(made["instance_id"] == id);
  CHECK(cloud.with_id(id)["status"] == "BACKING UP");
  CHECK(outcome(cloud.check(id)) == "409 DBS.201205");
  CHECK(outcome(cloud.backup(id, "save-2")) == "409 DBS.201205");

  const std::string backup = made["id"];
  json entry = good(cloud.backups(id, {{"backup_id", backup}}))["backups"][0];
  CHECK(entry["status"] == "BUILDING");
  CHECK(entry["end_time"].is_null());
  cloud.pass(10s);
  entry = good(cloud.backups(id, {{"backup_type", "manual"}}))["backups"][0];
  CHECK(entry["id"] == backup);
  CHECK(entry["name"] == "save-1");
  CHECK(entry["status"] == "COMPLETED");
  CHECK(entry["begin_time"] == "2026-03-01T20:00:00+0800");
  CHECK(entry["end_time"] == "2026-03-01T20:00:10+0800");
  CHECK(entry["datastore"] == json{{"type", "PostgreSQL"}, {"version", "13"}});
  CHECK(cloud.with_id(id)["status"] == "ACTIVE");
  CHECK(cloud.with_id(id)["updated"] == "2026-03-01T20:00:10+0800");
}

TEST_CASE("a list of backups is of one instance, by id and type, page by page") {
  Cloud cloud(with_backups());
  const std::string id = cloud.first();
  for (const std::string name : {"save-1", "save-2", "save-3"}) {
    good(cloud.backup(id, name));
    cloud.pass(10s);
  }
  CHECK(outcome(cloud.ask({Method::get, path, {}, {}})) == "400 DBS.200001");
  CHECK(outcome(cloud.backups("none")) == "404 DBS.200002");
  const json page = good(cloud.backups(id, {{"offset", "1"}, {"limit", "1"}}));
  CHECK(page["total_count"] == 3);
  REQUIRE(page["backups"].size() == 1);
  CHECK(page["backups"][0]["name"] == "save-2");
  CHECK(good(cloud.backups(id, {{"backup_type", "auto"}}))["total_count"] == 0);
  CHECK(cloud.stats()["backups"] == 3);
  CHECK(cloud.stats()["instances"][id]["backups"] == 3);
}

TEST_CASE("a backup is refused under a name that exists, and may fail") {
  simulate::Settings settings = with_backups();
  settings.backup_fail = 1;
  Cloud cloud(settings);
  const std::string id = cloud.first();
  good(cloud.backup(id, "save-1"));
  cloud.pass(10s);
  CHECK(good(cloud.backups(id))["backups"][0]["status"] == "FAILED");
  CHECK(outcome(cloud.backup(id, "save-1")) == "409 DBS.201201");
  CHECK(outcome(cloud.backup(id, "x")) == "400 DBS.200001");
  CHECK(outcome(cloud.backup("none", "save-1")) == "404 DBS.200002");
  CHECK(cloud.stats()["backups"] == 1);
}

TEST_CASE("a backup is refused whose name or description is not as documented, or of a replica") {
  simulate::Settings settings = with_backups();
  settings.replicas = 1;
  Cloud cloud(settings);
  const std::string id = cloud.first();
  for (const std::string name :
       {"abc", "1save", "-save", "_save", "save 1", "save.1", "save/1", "s\u00e4ve", ""}) {
    CAPTURE(name);
    CHECK(outcome(cloud.backup(id, name)) == "400 DBS.200001");
  }
  CHECK(outcome(cloud.backup(id, std::string(65, 'a'))) == "400 DBS.200001");
  for (const char c : std::string(">!<\"&'=")) {
    CAPTURE(c);
    CHECK(outcome(cloud.backup(id, "save-1", std::string("what") + c)) == "400 DBS.200001");
  }
  CHECK(outcome(cloud.backup(id, "save-1", std::string(257, 'd'))) == "400 DBS.200001");
  const std::string replica = cloud.named("orders-1-replica-1")["id"];
  CHECK(outcome(cloud.backup(replica, "save-1")) == "400 DBS.212003");
  CHECK(cloud.stats()["backups"] == 0);
  std::string umlauts;
  for (int count = 0; count < 256; ++count)
    umlauts += "\u00e4";
  good(cloud.backup(id, "A-b_9", umlauts));
}

}  // namespace pawl::test
