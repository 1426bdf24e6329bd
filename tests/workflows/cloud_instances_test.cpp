#include "workflows/cloud_instances.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/workflows/cloud_answers.h"

using namespace pawl::cloud;
using pawl::test::answer;

namespace {

InstancePage page(const std::string& instances) {
  auto read = read_instances(answer(R"({"total_count":300,"instances":[)" + instances + "]}"));
  REQUIRE(read);
  CHECK(read->total_count == 300);
  return *read;
}

}  // namespace

TEST_CASE("the documented list is read, whatever the engine") {
  const InstancePage read = page(
      R"({"id":"ed7cc6166ec24360a5ed5c5c9c2ed726in01","status":"ACTIVE",)"
      R"("name":"mysql-0820-022709-01","port":3306,"type":"Single","region":"eu-de",)"
      R"("datastore":{"type":"MySQL","version":"5.7"},"created":"2018-08-20T02:33:49+0800",)"
      R"("updated":"2018-08-20T02:33:50+0800","volume":{"type":"ULTRAHIGH","size":100},)"
      R"("nodes":[{"id":"06f1c2ad57604ae89e153e4d27f4e4b8no01","name":"n0","role":"master",)"
      R"("status":"ACTIVE","availability_zone":"eu-de-01"}],"tags":[],)"
      R"("private_ips":["192.168.0.142"],"private_dns_names":[],"public_dns_names":[],)"
      R"("public_ips":["10.154.219.187","10.154.219.186"],"db_user_name":"root",)"
      R"("enable_ssl":false,"switch_strategy":"","backup_strategy":{"start_time":"19:00-20:00",)"
      R"("keep_days":7},"related_instance":[],"disk_encryption_id":"","time_zone":""})");
  REQUIRE(read.instances.size() == 1);
  const Instance& instance = read.instances[0];
  CHECK(instance.id == "ed7cc6166ec24360a5ed5c5c9c2ed726in01");
  CHECK(instance.engine == "MySQL");
  CHECK(instance.version == "5.7");
  CHECK(instance.created_at == OptionalTime{*parse_cloud_time("2018-08-19T18:33:49Z")});
  CHECK(instance.tags.empty());
  CHECK_FALSE(instance.tags_left_out);
  CHECK(instance.related.empty());
}

TEST_CASE("a PostgreSQL pair with a replica is read") {
  const InstancePage read =
      page(R"({"id":"3aa441c4c98a4b36b100a7e3e87d17cein03","status":"ACTIVE","name":"orders-1",)"
           R"("port":5432,"type":"Ha","datastore":{"type":"PostgreSQL","version":"13",)"
           R"("complete_version":"13.9"},"created":"2024-05-02T07:11:03+0000",)"
           R"("updated":"2026-01-10T03:00:41+0000","tags":[{"key":"env","value":"prod"},)"
           R"({"key":"bare","value":null}],"private_ips":["192.168.0.9","192.168.0.142"],)"
           R"("related_instance":[{"id":"9a41c4c98a4b36b100a7e3e87d17ce11in03","type":"replica"}],)"
           R"("charge_info":{"charge_mode":"prePaid","order_id":"CS1"},)"
           R"("ha":{"replication_mode":"async"},"cpu":"2","mem":"4","alias":""})");
  REQUIRE(read.instances.size() == 1);
  CHECK(read.instances[0] == Instance{"3aa441c4c98a4b36b100a7e3e87d17cein03",
                                      "orders-1",
                                      "ACTIVE",
                                      "Ha",
                                      "PostgreSQL",
                                      "13.9",
                                      {"192.168.0.142", "192.168.0.9"},
                                      *parse_cloud_time("2024-05-02T07:11:03Z"),
                                      "2026-01-10T03:00:41+0000",
                                      {{"env", "prod"}, {"bare", ""}},
                                      {{"9a41c4c98a4b36b100a7e3e87d17ce11in03", "replica"}},
                                      "prePaid"});
}

TEST_CASE("an id is enough, and all else may be absent, null or empty") {
  for (const char* body :
       {R"({"id":"a1in03"})",
        R"({"id":" a1in03 ","name":null,"status":null,"type":null,"datastore":null,)"
        R"("private_ips":null,"created":null,"updated":null,"tags":null,"related_instance":null,)"
        R"("charge_info":null})",
        R"({"id":"a1in03","name":"","status":"","type":"","datastore":{},"private_ips":[],)"
        R"("created":"","updated":"","tags":[],"related_instance":[]})",
        R"({"id":"a1in03","datastore":{"type":null,"version":"","complete_version":null},)"
        R"("private_ips":[""]})"}) {
    CAPTURE(body);
    const InstancePage read = page(body);
    REQUIRE(read.instances.size() == 1);
    Instance expected;
    expected.id = "a1in03";
    expected.tags_left_out = std::string_view(body).find(R"("tags":[])") == std::string::npos;
    CHECK(read.instances[0] == expected);
  }
}

TEST_CASE("an odd time of creation is no reason to lose an instance") {
  const InstancePage read = page(R"({"id":"a","created":"2018 - 08 - 06 T12: 41: 14 + 0800"},)"
                                 R"({"id":"b","created":"last year"})");
  REQUIRE(read.instances.size() == 2);
  CHECK(read.instances[0].created_at == OptionalTime{*parse_cloud_time("2018-08-06T04:41:14Z")});
  CHECK(read.instances[1].created_at == OptionalTime{UnreadableTime{"\"last year\""}});
}

TEST_CASE("an instance that cannot be read stays visible") {
  for (const auto& row : {
           std::pair{R"({"name":"orders"})", ""},
           std::pair{R"({"id":""})", ""},
           std::pair{R"({"id":null})", ""},
           std::pair{R"({"id":7})", ""},
           std::pair{R"({"id":"a","created":7})", "a"},
           std::pair{R"("a")", ""},
           std::pair{R"({"id":"../a"})", "../a"},
           std::pair{R"({"id":"a?b"})", "a?b"},
           std::pair{R"({"id":"a","name":5})", "a"},
           std::pair{R"({"id":"a","status":true})", "a"},
           std::pair{R"({"id":"a","datastore":"PostgreSQL"})", "a"},
           std::pair{R"({"id":"a","datastore":{"type":"PostgreSQL","version":13}})", "a"},
           std::pair{R"({"id":"a","private_ips":"10.0.0.1"})", "a"},
           std::pair{R"({"id":"a","private_ips":[null]})", "a"},
           std::pair{R"({"id":"a","tags":{"env":"prod"}})", "a"},
           std::pair{R"({"id":"a","tags":["env"]})", "a"},
           std::pair{R"({"id":"a","tags":[{"value":"prod"}]})", "a"},
           std::pair{R"({"id":"a","related_instance":[{"type":"replica"}]})", "a"},
       }) {
    const auto& body = row.first;
    const auto& id = row.second;
    CAPTURE(body);
    const InstancePage read = page(std::string(body) + R"(,{"id":"good"})");
    REQUIRE(read.instances.size() == 1);
    CHECK(read.instances[0].id == "good");
    REQUIRE(read.unreadable.size() == 1);
    CHECK(read.unreadable[0].id == id);
    CHECK_FALSE(read.unreadable[0].why.text.empty());
  }
}

TEST_CASE("a list needs its instances and their number") {
  for (const auto& row : {
           std::pair{"", Flaw::not_json},
           std::pair{"<html></html>", Flaw::not_json},
           std::pair{R"({"instances":[{"id":"a")", Flaw::not_json},
           std::pair{R"({})", Flaw::wrong_shape},
           std::pair{R"([])", Flaw::wrong_shape},
           std::pair{R"({"instances":[]})", Flaw::wrong_shape},
           std::pair{R"({"total_count":0})", Flaw::wrong_shape},
           std::pair{R"({"instances":null,"total_count":0})", Flaw::wrong_shape},
           std::pair{R"({"instances":[],"total_count":"0"})", Flaw::wrong_shape},
           std::pair{R"({"instances":[],"total_count":0,"instances":[{"id":"a"}]})",
                     Flaw::not_json},
       }) {
    const auto& body = row.first;
    const auto& flaw = row.second;
    CAPTURE(body);
    const auto read = read_instances(answer(body));
    REQUIRE_FALSE(read);
    CHECK(read.unreadable().flaw == flaw);
  }
}

TEST_CASE("only ACTIVE is ready, and what is unknown is busy") {
  CHECK(ready_status("ACTIVE"));
  CHECK_FALSE(busy_status("ACTIVE"));
  for (const char* busy : {"BUILD", "MODIFYING", "REBOOTING", "RESTORING",
                           "MODIFYING INSTANCE TYPE", "SWITCHOVER", "MIGRATING", "BACKING UP",
                           "MODIFYING DATABASE PORT", "UPGRADING", "active", "ACTIVE ", ""}) {
    CAPTURE(busy);
    CHECK(busy_status(busy));
    CHECK_FALSE(ready_status(busy));
  }
  for (const char* stuck : {"CREATE FAIL", "FAILED", "FROZEN", "STORAGE FULL", "SHUTDOWN"}) {
    CAPTURE(stuck);
    CHECK_FALSE(busy_status(stuck));
    CHECK_FALSE(ready_status(stuck));
  }
}
