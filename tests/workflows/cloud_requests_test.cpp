#include "workflows/cloud_requests.h"

#include <doctest/doctest.h>

#include <string>

using namespace pawl::cloud;
using pawl::HttpRequest;
using pawl::Method;
using pawl::Query;

namespace {

constexpr const char* project = "0483b6b16e954cb88930a360d2c4e663";
constexpr InstanceKey key{project, "3aa441c4c98a4b36b100a7e3e87d17cein03"};

std::string under(const char* call) {
  return std::string("/v3/") + project +
         "/instances/3aa441c4c98a4b36b100a7e3e87d17cein03/major-version/" + call;
}

}  // namespace

TEST_CASE("the disaster-recovery relations are asked for the whole project") {
  CHECK(ask_dr_relations(project) ==
        HttpRequest{Method::get,
                    std::string("/v3/") + project + "/instances/disaster-recovery-relation",
                    {},
                    {}});
}

TEST_CASE("the six major-version calls are asked as documented") {
  CHECK(ask_available_versions(key) ==
        HttpRequest{Method::get, under("available-version"), {}, {}});
  CHECK(post_inspection(key, "14.9.0") ==
        HttpRequest{Method::post, under("inspection"), {}, R"({"target_version":"14.9.0"})"});
  CHECK(ask_status(key, Task::check) ==
        HttpRequest{Method::get, under("status"), {{"action", "check"}}, {}});
  CHECK(ask_status(key, Task::upgrade) ==
        HttpRequest{Method::get, under("status"), {{"action", "upgrade"}}, {}});
  CHECK(ask_inspection_history(key, {20, 10}) ==
        HttpRequest{
            Method::get,
            under("inspection-histories"),
            {{"offset", "20"}, {"limit", "10"}, {"order", "DESC"}, {"sort_field", "check_time"}},
            {}});
  CHECK(ask_upgrade_history(key, {}) ==
        HttpRequest{
            Method::get,
            under("upgrade-histories"),
            {{"offset", "0"}, {"limit", "100"}, {"order", "DESC"}, {"sort_field", "start_time"}},
            {}});
}

TEST_CASE("an upgrade says what happens to the addresses and when statistics are collected") {
  CHECK(post_upgrade(key, "14.6.1", Cutover::yes, Statistics::before_cutover) ==
        HttpRequest{Method::post,
                    under("upgrade"),
                    {},
                    R"({"target_version":"14.6.1","is_change_private_ip":true,)"
                    R"("statistics_collection_mode":"before_change_private_ip"})"});
  CHECK(post_upgrade(key, "14.6.1", Cutover::yes, Statistics::after_cutover).body ==
        R"({"target_version":"14.6.1","is_change_private_ip":true,)"
        R"("statistics_collection_mode":"after_change_private_ip"})");
  CHECK(post_upgrade(key, "14.6.1", Cutover::no, Statistics::before_cutover).body ==
        R"({"target_version":"14.6.1","is_change_private_ip":false})");
}

TEST_CASE("instances are listed by page, by id and by a part of their name") {
  const std::string path = std::string("/v3/") + project + "/instances";
  CHECK(ask_instances(project, {200, 100}) ==
        HttpRequest{Method::get,
                    path,
                    {{"datastore_type", "PostgreSQL"}, {"offset", "200"}, {"limit", "100"}},
                    {}});
  CHECK(ask_instance(key) ==
        HttpRequest{Method::get, path, {{"id", "3aa441c4c98a4b36b100a7e3e87d17cein03"}}, {}});
  CHECK(ask_instances_named(project, "orders", {}).query.back() ==
        std::pair<std::string, std::string>{"name", "*orders"});
}

TEST_CASE("only what needs no encoding and climbs nowhere is a path segment") {
  for (const char* good : {"3aa441c4c98a4b36b100a7e3e87d17cein03", "a", "a-b_c.d~e", "..a"}) {
    CAPTURE(good);
    CHECK(is_path_segment(good));
  }
  for (const char* bad :
       {"", ".", "..", "...", "a/b", "a b", "a%2e", "a?b", "a#b", "\xc3\xbc", "a\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_path_segment(bad));
  }
  CHECK(is_path_segment(std::string(128, 'a')));
  CHECK_FALSE(is_path_segment(std::string(129, 'a')));
}
