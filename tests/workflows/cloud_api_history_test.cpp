#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/workflows/cloud_answers.h"
#include "workflows/cloud_api.h"

using namespace pawl::cloud;
using pawl::test::answer;
using pawl::test::time_of;
using pawl::test::version_of;

TEST_CASE("the check history is read in each of its printed spellings") {
  for (const char* result_key : {"result", "result "}) {
    for (const char* detail : {"check task begin", "check task                   begin",
                               "check task \\t\\t\\t\\t begin\\non master"}) {
      CAPTURE(result_key);
      CAPTURE(detail);
      const auto history = read_inspection_history(answer(
          std::string(R"({"total_count":1,"inspection_reports":[{"id":)"
                      R"("289903e1-3006-19e9-e054-5fb7fe376552",)"
                      R"("check_time":"2023-03-06T02:33:49+0800",)"
                      R"("expiration_time":"2023-03-07T02:33:49+0800","target_version":"14.4",")") +
          result_key + R"(":"success","detail":")" + detail + R"("}]})"));
      REQUIRE(history);
      CHECK(history->total_count == 1);
      CHECK(history->unreadable.empty());
      REQUIRE(history->entries.size() == 1);
      const InspectionReport& report = history->entries[0];
      CHECK(report.id == "289903e1-3006-19e9-e054-5fb7fe376552");
      CHECK(report.checked == time_of("2023-03-05T18:33:49Z"));
      CHECK(report.expires == OptionalTime{time_of("2023-03-06T18:33:49Z")});
      CHECK(report.target == version_of("14.4"));
      CHECK(report.state == TaskState::success);
      CHECK(report.detail.starts_with("check task "));
    }
  }
}

TEST_CASE("an entry of the check history that cannot be read stays visible") {
  const auto history = read_inspection_history(
      answer(R"({"total_count":7,"inspection_reports":[)"
             R"({"id":"ok","check_time":"2026-01-15T08:30:00Z","expiration_time":"",)"
             R"("target_version":"14.9","result":"running","detail":null},)"
             R"({"id":"late","check_time":"soon","target_version":"14.9","result":"success"},)"
             R"({"id":"odd","check_time":"2026-01-15T08:30:00Z","target_version":"14.9",)"
             R"("result":"passed"},)"
             R"({"id":"two","check_time":"2026-01-15T08:30:00Z","target_version":"14.9",)"
             R"("result":"failed","result ":"success"},)"
             R"({"check_time":"2026-01-15T08:30:00Z","target_version":"14.9","result":"success"},)"
             R"({"id":"none","check_time":"2026-01-15T08:30:00Z","result":"success"},)"
             R"("text"]})"));
  REQUIRE(history);
  REQUIRE(history->entries.size() == 1);
  CHECK(history->entries[0].id == "ok");
  CHECK(history->entries[0].state == TaskState::running);
  CHECK(history->entries[0].expires == OptionalTime{NotGiven{}});
  const std::vector<std::pair<std::string, Flaw>> expected{
      {"late", Flaw::bad_time}, {"odd", Flaw::unknown_value}, {"two", Flaw::wrong_shape},
      {"", Flaw::wrong_shape},  {"none", Flaw::wrong_shape},  {"", Flaw::wrong_shape}};
  REQUIRE(history->unreadable.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(history->unreadable[i].id == expected[i].first);
    CHECK(history->unreadable[i].why.flaw == expected[i].second);
  }
}

TEST_CASE("a history needs its list and a count that holds it") {
  for (const char* body :
       {R"({"inspection_reports":[],"upgrade_reports":[]})", R"({"total_count":0})",
        R"({"total_count":null,"inspection_reports":[],"upgrade_reports":[]})",
        R"({"total_count":"0","inspection_reports":[],"upgrade_reports":[]})",
        R"({"total_count":-1,"inspection_reports":[],"upgrade_reports":[]})",
        R"({"total_count":0.0,"inspection_reports":[],"upgrade_reports":[]})",
        R"({"total_count":0,"inspection_reports":null,"upgrade_reports":null})",
        R"({"total_count":0,"inspection_reports":{},"upgrade_reports":{}})",
        R"({"total_count":0,"inspection_reports":[{}],"upgrade_reports":[{}]})"}) {
    CAPTURE(body);
    const auto inspections = read_inspection_history(answer(body));
    const auto upgrades = read_upgrade_history(answer(body));
    REQUIRE_FALSE(inspections);
    REQUIRE_FALSE(upgrades);
    CHECK(inspections.unreadable().flaw == Flaw::wrong_shape);
    CHECK(upgrades.unreadable().flaw == Flaw::wrong_shape);
  }
  CHECK(read_inspection_history(answer(R"({"total_count":0,"inspection_reports":[]})"))
            ->entries.empty());
  CHECK(read_upgrade_history(answer(R"({"total_count":250,"upgrade_reports":[]})"))->total_count ==
        250);
}

TEST_CASE("the documented upgrade history is read, its late cutover included") {
  const auto history = read_upgrade_history(answer(
      R"({"total_count":1,"upgrade_reports":[{"id":"1a8fda5a-17a6-ebc4-bf1f-97ae837f432b",)"
      R"("start_time":"2023-03-06T02:45:49+0800","end_time":"2023-03-06T02:50:49+0800",)"
      R"("src_instance_id":"dccacebb7b884ee18bc5c02c918ef2b0in03","src_database_version":"13.9",)"
      R"("dst_instance_id":"6b5750504be1403191c4f00e4ffaee5ein03","dst_database_version":"14.6",)"
      R"("result":"success","is_private_ip_changed":true,)"
      R"("private_ip_change_time":"2023-03-06T03:10:49+0800",)"
      R"("statistics_collection_mode":"before_change_private_ip",)"
      R"("detail":"2023-03-06 18:33:26 --- pg_upgrade upgrade task begin"}]})"));
  REQUIRE(history);
  REQUIRE(history->entries.size() == 1);
  CHECK(history->entries[0] ==
        UpgradeReport{"1a8fda5a-17a6-ebc4-bf1f-97ae837f432b", time_of("2023-03-05T18:45:49Z"),
                      "dccacebb7b884ee18bc5c02c918ef2b0in03",
                      "6b5750504be1403191c4f00e4ffaee5ein03", version_of("14.6"),
                      TaskState::success, true, time_of("2023-03-05T19:10:49Z"),
                      "2023-03-06 18:33:26 --- pg_upgrade upgrade task begin"});
}

TEST_CASE("an upgrade whose entry is odd in what nothing goes by is unreadable all the same") {
  for (const char* odd : {R"("src_database_version":"new")", R"("statistics_collection_mode":7)"}) {
    CAPTURE(odd);
    const auto history = read_upgrade_history(
        answer(fmt::format(R"({{"total_count":1,"upgrade_reports":[{{"id":"a",)"
                           R"("start_time":"2026-01-15T09:00:00Z","result":"success",{}}}]}})",
                           odd)));
    REQUIRE(history);
    CHECK(history->entries.empty());
    CHECK(history->unreadable.size() == 1);
  }
}

TEST_CASE("a running upgrade may lack all but its id, start and result") {
  const auto nulls = read_upgrade_history(answer(
      R"({"total_count":1,"upgrade_reports":[{"id":"1a8fda5a-17a6-ebc4-bf1f-97ae837f432b",)"
      R"("start_time":"2026-01-15T09:00:00+0000","end_time":null,)"
      R"("src_instance_id":"3aa441c4c98a4b36b100a7e3e87d17cein03","src_database_version":"13.9",)"
      R"("dst_instance_id":"6b5750504be1403191c4f00e4ffaee5ein03","dst_database_version":"14.9",)"
      R"("result":"running","is_private_ip_changed":false,"private_ip_change_time":null,)"
      R"("statistics_collection_mode":null,"detail":"upgrade task begin"}]})"));
  REQUIRE(nulls);
  REQUIRE(nulls->entries.size() == 1);
  CHECK(nulls->entries[0].cutover == false);

  const auto sparse = read_upgrade_history(
      answer(R"({"total_count":1,"upgrade_reports":[)"
             R"({"id":"a","start_time":"2026-01-15T09:00:00Z","result":"running",)"
             R"("dst_instance_id":"","dst_database_version":null}]})"));
  REQUIRE(sparse);
  REQUIRE(sparse->entries.size() == 1);
  CHECK(sparse->entries[0].destination_id.empty());
  CHECK_FALSE(sparse->entries[0].destination_version);
  CHECK_FALSE(sparse->entries[0].cutover);
}

TEST_CASE("an entry of the upgrade history that cannot be read stays visible") {
  for (const auto& row : {
           std::pair{R"("result":"success")", Flaw::wrong_shape},  // no start
           std::pair{R"("start_time":"2026-01-15T09:00:00Z")", Flaw::wrong_shape},
           std::pair{R"("start_time":"09:00","result":"success")", Flaw::bad_time},
           std::pair{R"("start_time":"2026-01-15T09:00:00Z","result":"Completed")",
                     Flaw::unknown_value},
           std::pair{R"("start_time":"2026-01-15T09:00:00Z","result":"success",)"
                     R"("is_private_ip_changed":"true")",
                     Flaw::wrong_shape},
           std::pair{R"("start_time":"2026-01-15T09:00:00Z","result":"success",)"
                     R"("dst_database_version":"fourteen")",
                     Flaw::unknown_value},
           std::pair{R"("start_time":"2026-01-15T09:00:00Z","result":"success",)"
                     R"("dst_instance_id":7)",
                     Flaw::wrong_shape},
       }) {
    const auto& changed = row.first;
    const auto& flaw = row.second;
    CAPTURE(changed);
    const auto history = read_upgrade_history(
        answer(std::string(R"({"total_count":1,"upgrade_reports":[{"id":"a",)") + changed + "}]}"));
    REQUIRE(history);
    CHECK(history->entries.empty());
    REQUIRE(history->unreadable.size() == 1);
    CHECK(history->unreadable[0].id == "a");
    CHECK(history->unreadable[0].why.flaw == flaw);
  }
}
