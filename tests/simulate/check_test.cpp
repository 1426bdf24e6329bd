// Checks: how they are asked for, run, end, show and expire.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "tests/simulate/cloud.h"

namespace pawl::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_CASE("the targets on offer are later majors") {
  Cloud cloud;
  const auto offered = [&](const char* name) {
    return good(cloud.get(cloud.named(name)["id"].get<std::string>(),
                          "available-version"))["available_versions"];
  };
  CHECK(offered("orders-1") == json{"14.6", "15.4"});
  CHECK(offered("billing-1") == json{"13.11", "14.6", "15.4"});
}

TEST_CASE("a check runs for its time and ends with an expiry, by status and by history") {
  Cloud cloud;
  const std::string id = cloud.first();
  CHECK(good(cloud.status(id, "check")) == json::object());
  const std::string report = good(cloud.check(id))["report_id"];
  CHECK(report.size() == 36);

  cloud.pass(9'999ms);
  json status = good(cloud.status(id, "check"));
  CHECK(status["status"] == "running");
  CHECK(status["target_version"] == "14.6");
  CHECK(status["start_time"] == "2026-03-01T20:00:00+0800");
  CHECK_FALSE(status.contains("check_expiration_time"));
  json entry = good(cloud.get(id, "inspection-histories"))["inspection_reports"][0];
  CHECK(entry["result"] == "running");
  CHECK(entry["expiration_time"] == "");

  cloud.pass(1ms);
  status = good(cloud.status(id, "check"));
  CHECK(status["status"] == "success");
  CHECK(status["check_expiration_time"] == "2026-03-08T20:00:10+0800");
  CHECK(status["detail"] ==
        "2026-03-01 12:00:00 --- pg_upgrade check task begin\n"
        "2026-03-01 12:00:10 --- pg_upgrade check on master: [user_check_report]User check "
        "success ");
  entry = good(cloud.get(id, "inspection-histories"))["inspection_reports"][0];
  CHECK(entry["id"] == report);
  CHECK(entry["check_time"] == status["start_time"]);
  CHECK(entry["expiration_time"] == status["check_expiration_time"]);
  CHECK(entry["result"] == "success");
  CHECK(entry["detail"] == status["detail"]);
  CHECK(good(cloud.status(id, "upgrade")) == json::object());
}

TEST_CASE("where polls decide, a check ends after so many running answers, at any time") {
  simulate::Settings settings = ten_seconds();
  settings.check_polls = 2;
  settings.upgrade_polls = 3;
  Cloud cloud(settings);
  const std::string id = cloud.first();
  const auto state = [&](const char* action) { return good(cloud.status(id, action))["status"]; };
  good(cloud.check(id));
  cloud.pass(24h);
  CHECK(state("check") == "running");
  CHECK(state("check") == "running");
  CHECK(state("check") == "success");
  CHECK(state("check") == "success");
  good(cloud.upgrade(id));
  for (int polls = 0; polls < 3; ++polls)
    CHECK(state("upgrade") == "running");
  CHECK(state("upgrade") == "success");
  CHECK(good(cloud.get(id, "upgrade-histories"))["upgrade_reports"][0]["result"] == "success");
}

TEST_CASE("times are spread between both ends, by the seed") {
  simulate::Settings settings = ten_seconds();
  settings.instances = 100;
  settings.check_time = {1s, 3s};
  const auto running_after = [&](Duration time) {
    Cloud cloud(settings);
    const json all = good(cloud.list({{"limit", "100"}}));
    for (const json& instance : all["instances"])
      good(cloud.check(instance["id"].get<std::string>()));
    cloud.pass(time);
    std::set<std::string> running;
    for (const json& instance : all["instances"]) {
      const std::string id = instance["id"];
      if (good(cloud.status(id, "check"))["status"] == "running") running.insert(id);
    }
    return running;
  };
  CHECK(running_after(999ms).size() == 100);
  CHECK(running_after(3s).empty());
  const auto half = running_after(2s);
  CHECK(half.size() > 25);
  CHECK(half.size() < 75);
  CHECK(half == running_after(2s));
  settings.seed = 5;
  CHECK(half != running_after(2s));
}

TEST_CASE("failed checks have findings of several kinds and no expiry") {
  simulate::Settings settings = ten_seconds();
  settings.instances = 100;
  settings.check_fail = 1;
  Cloud cloud(settings);
  const json all = good(cloud.list());
  std::set<std::string> sections, details;
  for (const json& instance : all["instances"])
    good(cloud.check(instance["id"].get<std::string>()));
  cloud.pass(10s);
  for (const json& instance : all["instances"]) {
    const json status = good(cloud.status(instance["id"].get<std::string>(), "check"));
    CHECK(status["status"] == "failed");
    CHECK(status["check_expiration_time"].is_null());
    const std::string detail = status["detail"];
    details.insert(detail);
    const bool a_finding = detail.find("invalid") != std::string::npos ||
                           detail.find("fatal") != std::string::npos ||
                           detail.find("could not load library") != std::string::npos;
    CHECK_MESSAGE(a_finding, detail);
    for (const char* section :
         {"[user_check_report]invalid", "[pg_upgrade_internal.log]", "[loadable_libraries.txt]"}) {
      if (detail.find(section) != std::string::npos) sections.insert(section);
    }
  }
  CHECK(sections.size() == 3);
  CHECK(details.size() >= 15);
  CHECK(outcome(cloud.upgrade(cloud.first())) == "409 DBS.200402");
}

TEST_CASE("a share of the checks fails, and by one seed always the same ones") {
  simulate::Settings settings = ten_seconds();
  settings.instances = 100;
  settings.check_fail = 0.3;
  std::set<std::string> failed[2];
  for (auto& of_this_round : failed) {
    Cloud cloud(settings);
    const json all = good(cloud.list());
    for (const json& instance : all["instances"]) {
      const std::string id = instance["id"];
      good(cloud.check(id));
      cloud.pass(10s);
      if (good(cloud.status(id, "check"))["status"] == "failed") of_this_round.insert(id);
    }
  }
  CHECK(failed[0].size() > 15);
  CHECK(failed[0].size() < 45);
  CHECK(failed[0] == failed[1]);
}

TEST_CASE("what failed may go well when it is tried again, and the reverse") {
  simulate::Settings settings = ten_seconds();
  settings.instances = 100;
  settings.check_fail = settings.upgrade_fail = settings.backup_fail = 0.5;
  settings.backup_time = {10s, 10s};
  Cloud cloud(settings);
  const json all = good(cloud.list());
  std::map<std::string, std::set<std::string>> outcomes;  // the first and the second of each kind
  for (const json& instance : all["instances"]) {
    const std::string id = instance["id"];
    const auto check = [&] {
      good(cloud.check(id));
      cloud.pass(10s);
      return good(cloud.status(id, "check"))["status"].get<std::string>();
    };
    const auto upgrade = [&] {
      if (outcome(cloud.upgrade(id)) != "200") return std::string();
      cloud.pass(10s);
      return good(cloud.status(id, "upgrade"))["status"].get<std::string>();
    };
    const auto backup = [&](const char* name) {
      good(cloud.backup(id, name));
      cloud.pass(10s);
      return good(cloud.backups(id))["backups"][0]["status"].get<std::string>();
    };
    const std::string checked = check();
    outcomes["check"].insert(checked + ' ' + check());
    const std::string saved = backup("save-1");
    outcomes["backup"].insert(saved + ' ' + backup("save-2"));
    const std::string upgraded = upgrade();
    if (!upgraded.empty()) outcomes["upgrade"].insert(upgraded + ' ' + upgrade());
  }
  const std::set<std::string> each{"failed failed", "failed success", "success failed",
                                   "success success"};
  CHECK(outcomes["check"] == each);
  CHECK(outcomes["upgrade"] == each);
  CHECK(outcomes["backup"] == std::set<std::string>{"FAILED FAILED", "FAILED COMPLETED",
                                                    "COMPLETED FAILED", "COMPLETED COMPLETED"});
}

TEST_CASE("what was before is shown until the new check becomes visible") {
  simulate::Settings settings = ten_seconds();
  settings.visible_after = 3s;
  Cloud cloud(settings);
  const std::string id = cloud.first();
  good(cloud.check(id, "14.6"));
  cloud.pass(2'999ms);
  CHECK(good(cloud.status(id, "check")) == json::object());
  CHECK(good(cloud.get(id, "inspection-histories"))["total_count"] == 0);
  cloud.pass(10s);
  good(cloud.check(id, "15.4"));
  json status = good(cloud.status(id, "check"));
  CHECK(status["status"] == "success");
  CHECK(status["target_version"] == "14.6");
  cloud.pass(3s);
  status = good(cloud.status(id, "check"));
  CHECK(status["status"] == "running");
  CHECK(status["target_version"] == "15.4");
}

TEST_CASE("a check is refused with the documented codes") {
  simulate::Settings settings = ten_seconds();
  settings.replicas = settings.mysql = settings.frozen = settings.busy = 1;
  Cloud cloud(settings);
  const std::string id = cloud.first();
  const auto of = [&](const char* name) { return cloud.named(name)["id"].get<std::string>(); };
  CHECK(outcome(cloud.check(id, "13.11")) == "400 DBS.200040");
  CHECK(outcome(cloud.check(id, "12.1")) == "400 DBS.200040");
  CHECK(outcome(cloud.check(id, "14")) == "400 DBS.200040");
  CHECK(outcome(cloud.check("00000000000000000000000000000000in03")) == "404 DBS.200002");
  CHECK(outcome(cloud.check("nonsense")) == "400 DBS.280404");
  CHECK(outcome(cloud.check(of("orders-1-replica-1"))) == "409 DBS.200402");
  CHECK(outcome(cloud.check(of("shop-mysql-1"))) == "400 DBS.200040");
  CHECK(outcome(cloud.check(of("frozen-1"))) == "400 DBS.280449");
  CHECK(outcome(cloud.check(of("busy-1"))) == "409 DBS.201205");
  CHECK(cloud.stats()["checks"] == 0);
  good(cloud.check(id));
  CHECK(outcome(cloud.check(id)) == "409 DBS.200011");
  cloud.pass(10s);
  CHECK(outcome(cloud.check(of("busy-1"))) == "200");
  CHECK(cloud.stats()["checks"] == 2);
  CHECK(good(cloud.get(of("orders-1-replica-1"), "available-version"))["available_versions"] ==
        json::array());
}

TEST_CASE("a body that is not as documented is a parameter error and starts nothing") {
  Cloud cloud;
  const std::string id = cloud.first();
  good(cloud.check(id));
  cloud.pass(10s);
  const std::string deep(500'000, '[');
  for (const char* call : {"inspection", "upgrade"}) {
    for (const std::string& body :
         {std::string(), std::string("{"), std::string("null"), std::string("[]"), deep,
          std::string(R"({"target_version":14})"), std::string(R"({"target_version":null})"),
          std::string("{\"target_version\":\"\xff\xfe\"}"), std::string(1, '\0')}) {
      CAPTURE(call);
      CAPTURE(body.substr(0, 40));
      CHECK(outcome(cloud.post(id, call, body)) == "400 DBS.200001");
    }
  }
  CHECK(cloud.stats()["checks"] == 1);
  CHECK(cloud.stats()["upgrades"] == 0);
}

}  // namespace pawl::test
