#include "workflows/cloud_api.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/workflows/cloud_answers.h"

using namespace pawl::cloud;
using pawl::HttpResponse;
using pawl::test::answer;
using pawl::test::time_of;
using pawl::test::version_of;

namespace {

template <typename T>
void refused(const Answer<T>& read, Flaw flaw, std::string_view text) {
  REQUIRE_FALSE(read);
  CHECK(read.unreadable().flaw == flaw);
  CHECK(read.unreadable().text == text);
}

/// What no reader may take for an answer, whatever was asked.
const std::vector<std::pair<HttpResponse, Flaw>>& never_answers() {
  static const std::vector<std::pair<HttpResponse, Flaw>> all{
      {answer(""), Flaw::not_json},
      {answer("<html><head><title>502 Bad Gateway</title></head></html>"), Flaw::not_json},
      {answer(R"({"report_id":"f7a8","job_id":"3afe","status":"success","target)"), Flaw::not_json},
      {answer(std::string(1'000'000, '[')), Flaw::not_json},
      {answer("null"), Flaw::wrong_shape},
      {answer("true"), Flaw::wrong_shape},
      {answer("\"success\""), Flaw::wrong_shape},
      {answer("[]"), Flaw::wrong_shape},
      {answer(R"([{"status":"success"}])"), Flaw::wrong_shape},
      {answer(R"({"error_code":"DBS.200011","error_msg":"busy"})"), Flaw::wrong_shape},
      {answer("{}", 500), Flaw::wrong_content},
      {answer("{}", 404), Flaw::wrong_content},
      {answer("{}", 301), Flaw::wrong_content},
  };
  return all;
}

template <typename Read>
void refuses_what_is_no_answer(Read read) {
  for (const auto& row : never_answers()) {
    const auto& response = row.first;
    const auto& flaw = row.second;
    CAPTURE(response.body.substr(0, 80));
    const auto result = read(response);
    REQUIRE_FALSE(result);
    CHECK(result.unreadable().flaw == flaw);
    CHECK(result.unreadable().text.size() < 300);
  }
}

const char* const check_detail =
    "2023-03-06 18:33:26 --- pg_upgrade check task begin\n2023-03-06 18:34:40 --- pg_upgrade check "
    "on master: [user_check_report]User check success ";

}  // namespace

TEST_CASE("no reader takes a page, a torso, an error or a wrong value for an answer") {
  refuses_what_is_no_answer(read_available_versions);
  refuses_what_is_no_answer(read_inspection_accepted);
  refuses_what_is_no_answer(read_upgrade_accepted);
  refuses_what_is_no_answer(read_status);
  refuses_what_is_no_answer(read_inspection_history);
  refuses_what_is_no_answer(read_upgrade_history);
}

TEST_CASE("available versions come exactly as listed") {
  CHECK(read_available_versions(answer(R"({"available_versions":["13.9","14.4"]})"))->versions ==
        std::vector<std::string>{"13.9", "14.4"});
  CHECK(read_available_versions(answer(R"({"available_versions":[]})"))->versions.empty());
  CHECK(read_available_versions(answer(R"({"available_versions":[" 14.4","x"],"more":1})"))
            ->versions == std::vector<std::string>{" 14.4", "x"});
  for (const auto& row : {
           std::pair{R"({})", "missing where an array is expected"},
           std::pair{R"({"available_versions":null})", "null where an array is expected"},
           std::pair{R"({"available_versions":"14.4"})", "\"14.4\" where an array is expected"},
           std::pair{R"({"available_versions":[14]})",
                     "a list with the number 14 in it where a list of versions is expected"},
           std::pair{R"({"available_versions":["14.4",null]})",
                     "a list with null in it where a list of versions is expected"},
           std::pair{R"({"available_versions":[""]})",
                     "a list with \"\" in it where a list of versions is expected"},
       }) {
    const auto& body = row.first;
    const auto& found = row.second;
    CAPTURE(body);
    refused(read_available_versions(answer(body)), Flaw::wrong_shape,
            std::string("in the answer to available-version, \"available_versions\" is ") + found);
  }
}

TEST_CASE("a trigger is accepted only with its id") {
  CHECK(read_inspection_accepted(answer(R"({"report_id":"f7a8e35e-a14c-4e5e-b1f0-d3764e8ed8a8"})"))
            ->report_id == "f7a8e35e-a14c-4e5e-b1f0-d3764e8ed8a8");
  CHECK(read_upgrade_accepted(answer(R"({"job_id":"3afe25b7-4523-4d3b-8236-7121be922691"})"))
            ->job_id == "3afe25b7-4523-4d3b-8236-7121be922691");
  CHECK(read_upgrade_accepted(answer(R"({"job_id":" 3afe25b7 ","more":{}})", 202))->job_id ==
        "3afe25b7");
  for (const auto& row : {
           std::pair{R"({})", Flaw::wrong_shape},
           std::pair{R"({"job_id":null,"report_id":null})", Flaw::wrong_shape},
           std::pair{R"({"job_id":"","report_id":" "})", Flaw::wrong_shape},
           std::pair{R"({"job_id":7,"report_id":7})", Flaw::wrong_shape},
           std::pair{R"({"job_id":["a"],"report_id":{}})", Flaw::wrong_shape},
           std::pair{R"({"job_id":"a b","report_id":"a b"})", Flaw::unknown_value},
           std::pair{R"({"job_id":"a\u0000","report_id":"a\u001b[1m"})", Flaw::unknown_value},
           std::pair{R"({"job_id":"a","job_id":"b","report_id":"a","report_id":"b"})",
                     Flaw::not_json},
       }) {
    const auto& body = row.first;
    const auto& flaw = row.second;
    CAPTURE(body);
    const auto inspection = read_inspection_accepted(answer(body));
    const auto upgrade = read_upgrade_accepted(answer(body));
    REQUIRE_FALSE(inspection);
    REQUIRE_FALSE(upgrade);
    CHECK(inspection.unreadable().flaw == flaw);
    CHECK(upgrade.unreadable().flaw == flaw);
  }
  CHECK_FALSE(read_upgrade_accepted(answer(R"({"report_id":"a"})")));
  CHECK_FALSE(read_inspection_accepted(answer(R"({"job_id":"a"})")));
}

TEST_CASE("the documented statuses are read") {
  const auto sample = read_status(answer(
      R"({"status":"success","target_version":"14.4.1","start_time":"2023-03-06T02:33:49+0800",)"
      R"("check_expiration_time":"2023-03-13T02:33:49+0800",)"
      R"("detail":"2023-03-06 18:33:26 --- pg_upgrade check task begin\n2023-03-06 18:34:40 --- )"
      R"(pg_upgrade check on master: [user_check_report]User check success "})"));
  REQUIRE(sample);
  CHECK(*sample == MajorStatus{TaskStatus{TaskState::success, version_of("14.4.1"),
                                          time_of("2023-03-05T18:33:49Z"),
                                          time_of("2023-03-12T18:33:49Z"), check_detail}});

  const auto spaced = read_status(answer(
      R"({"status":"success","target_version":"14.4.1","start_time":"2023-03-06T02:33:49+0800",)"
      R"("check_expiration_time":"2023-03-13T02:33:49+0800",)"
      R"("detail":"2023-03-06 18:33:26 --- pg_upgrade check task                        begin"})"));
  REQUIRE(spaced);
  CHECK(std::get<TaskStatus>(*spaced).detail ==
        "2023-03-06 18:33:26 --- pg_upgrade check task                        begin");

  const auto running =
      read_status(answer(R"({"status":"running","target_version":"14.9.0","start_time":)"
                         R"("2026-01-15T08:30:00+0000","detail":"pg_upgrade check task begin"})"));
  REQUIRE(running);
  CHECK(*running == MajorStatus{TaskStatus{TaskState::running, version_of("14.9.0"),
                                           time_of("2026-01-15T08:30:00Z"), NotGiven{},
                                           "pg_upgrade check task begin"}});

  const auto failed =
      read_status(answer(R"({"status":"failed","target_version":"14.9.0","start_time":)"
                         R"("2026-01-15T08:30:00+0000","check_expiration_time":null,"detail":)"
                         R"("[user_check_report]invalid user: [\"user_02\"]"})"));
  REQUIRE(failed);
  CHECK(*failed == MajorStatus{TaskStatus{TaskState::failed, version_of("14.9.0"),
                                          time_of("2026-01-15T08:30:00Z"), NotGiven{},
                                          "[user_check_report]invalid user: [\"user_02\"]"}});

  const auto upgraded =
      read_status(answer(R"({"status":"success","target_version":"14.9.0","start_time":)"
                         R"("2026-01-15T09:00:00+0000","detail":null})"));
  REQUIRE(upgraded);
  CHECK(std::get<TaskStatus>(*upgraded).expires == OptionalTime{NotGiven{}});
}

TEST_CASE("a status that was cut off at any byte is no status") {
  const std::string whole =
      R"({"status":"success","target_version":"14.4.1","start_time":"2023-03-06T02:33:49+0800",)"
      R"("check_expiration_time":"2023-03-13T02:33:49+0800","detail":"a\n\u00e9\ud83d\ude00"})";
  REQUIRE(read_status(answer(whole)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const auto status = read_status(answer(whole.substr(0, size)));
    REQUIRE_FALSE(status);
    CHECK(status.unreadable().flaw == Flaw::not_json);
  }
}

TEST_CASE("a status in which nothing is given says that nothing ever ran") {
  for (const char* body :
       {R"({})", R"({"status":null})", R"({"status":""})", R"({"status":" ","detail":""})",
        R"({"status":null,"target_version":null,"start_time":null,"check_expiration_time":null,)"
        R"("detail":null})",
        R"({"status":"","target_version":"","start_time":"","check_expiration_time":"",)"
        R"("detail":"","report_id":null})"}) {
    CAPTURE(body);
    const auto status = read_status(answer(body));
    REQUIRE(status);
    CHECK(*status == MajorStatus{NeverRan{}});
  }
}

TEST_CASE("half a status is no status, and no proof that nothing ran") {
  struct Row {
    const char* body;
    Flaw flaw;
    const char* text;
  };
  for (
      const Row& row : {
          Row{R"({"other":1})", Flaw::wrong_shape, R"("status" is missing where a text)"},
          Row{R"({"status":null,"target_version":"14"})", Flaw::wrong_shape,
              R"("status" is null where a text)"},
          Row{R"({"status":null,"detail":"x"})", Flaw::wrong_shape,
              R"("status" is null where a text)"},
          Row{R"({"status":"","error_code":"DBS.200011"})", Flaw::wrong_shape,
              R"("status" is "" where a text)"},
          Row{R"({"status":1})", Flaw::wrong_shape, R"("status" is the number 1 where a text)"},
          Row{R"({"status":"success"})", Flaw::wrong_shape,
              R"("target_version" is missing where a text)"},
          Row{R"({"status":"failed","start_time":"2026-01-15T09:00:00Z"})", Flaw::wrong_shape,
              R"("target_version" is missing where a text)"},
          Row{R"({"status":"running","target_version":"14"})", Flaw::wrong_shape,
              R"("start_time" is missing where a time)"},
          Row{R"({"status":"running","target_version":"14","start_time":null})", Flaw::wrong_shape,
              R"("start_time" is null where a time)"},
          Row{R"({"status":"running","target_version":"14","start_time":1768467600})",
              Flaw::wrong_shape, R"("start_time" is the number 1768467600 where a text)"},
          Row{R"({"status":"running","target_version":14,"start_time":"2026-01-15T09:00:00Z"})",
              Flaw::wrong_shape, R"("target_version" is the number 14 where a text)"},
          Row{R"({"status":"running","target_version":"14","start_time":"yesterday"})",
              Flaw::bad_time, R"("start_time" is "yesterday" where a time)"},
          Row{R"({"status":"SUCCESS","target_version":"14","start_time":"2026-01-15T09:00:00Z"})",
              Flaw::unknown_value, R"("status" is "SUCCESS" where a documented value)"},
          Row{R"({"status":"expired","target_version":"14","start_time":"2026-01-15T09:00:00Z"})",
              Flaw::unknown_value, R"("status" is "expired" where a documented value)"},
          Row{R"({"status":"success","target_version":"PG14","start_time":"2026-01-15T09:00:00Z"})",
              Flaw::unknown_value, R"("target_version" is "PG14" where a version)"},
          Row{R"({"status":"success","target_version":"14","start_time":"2026-01-15T09:00:00Z",)"
              R"("detail":{}})",
              Flaw::wrong_shape, R"("detail" is an object where a text)"},
      }) {
    CAPTURE(row.body);
    refused(read_status(answer(row.body)), row.flaw,
            std::string("in the answer to status, ") + row.text + " is expected");
  }
  CHECK_FALSE(read_status(
      answer(R"({"status":"failed","target_version":"14","start_time":"2026-01-15T09:00:00Z",)"
             R"("status":"success"})")));
}

TEST_CASE("a bad expiry is told and leaves the rest of the status readable") {
  for (const auto& row : {
           std::pair<const char*, OptionalTime>{"null", NotGiven{}},
           std::pair<const char*, OptionalTime>{"\"\"", NotGiven{}},
           std::pair<const char*, OptionalTime>{"\"2026-01-22T08:30:00\"",
                                                time_of("2026-01-22T08:30:00")},
           std::pair<const char*, OptionalTime>{"\"in 7 days\"", UnreadableTime{"\"in 7 days\""}},
           std::pair<const char*, OptionalTime>{"1769070600",
                                                UnreadableTime{"the number 1769070600"}},
           std::pair<const char*, OptionalTime>{"true", UnreadableTime{"true"}},
           std::pair<const char*, OptionalTime>{"[]", UnreadableTime{"an array"}},
       }) {
    const auto& value = row.first;
    const auto& expected = row.second;
    CAPTURE(value);
    const auto status =
        read_status(answer(std::string(R"({"status":"success","target_version":"14","start_time":)"
                                       R"("2026-01-15T08:30:00Z","check_expiration_time":)") +
                           value + "}"));
    REQUIRE(status);
    CHECK(std::get<TaskStatus>(*status).expires == expected);
  }
  CHECK_FALSE(time_of("2026-01-22T08:30:00").offset_given);
}

TEST_CASE("a message quotes a bounded and clean piece of what stood there") {
  const auto status =
      read_status(answer(R"({"status":"\u001b]0;owned\u0007)" + std::string(100'000, 'x') +
                         R"(","target_version":"14","start_time":"2026-01-15T08:30:00Z"})"));
  REQUIRE_FALSE(status);
  CHECK(status.unreadable().text.size() < 220);
  CHECK(status.unreadable().text.find('\x1b') == std::string::npos);
  CHECK(status.unreadable().text.find('\x07') == std::string::npos);
}
