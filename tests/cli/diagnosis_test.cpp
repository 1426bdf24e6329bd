#include "cli/diagnosis.h"

#include <doctest/doctest.h>

namespace pawl {

namespace {

Examined silent(const std::string& why) {
  Examined examined;
  examined.endpoint = "https://rds.eu-de.example.com";
  examined.region = "eu-de";
  examined.call.what = NoAnswer{Delivery::not_sent, why};
  return examined;
}

Examined refused(int status, const std::string& code, const std::string& words) {
  Examined examined = silent("");
  HttpResponse answer;
  answer.status = status;
  answer.body = R"({"error_code":")" + code + R"(","error_msg":")" + words + R"("})";
  examined.call.what = std::move(answer);
  examined.source = "a token in OS_TOKEN";
  examined.project_id = "p1";
  return examined;
}

bool says(const Examined& examined, const std::string& part) {
  const std::string advice = advice_for(examined);
  INFO(advice);
  return advice.find('\n') == std::string::npos && advice.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a machine with IPv6 alone is told what it lacks, any other that nobody answers") {
  Examined examined = silent("cannot connect to rds.eu-de.example.com:443: Network is unreachable");
  examined.way_out.ipv4 = false;
  CHECK(says(examined, "this machine has IPv6 addresses only"));
  examined.way_out.ipv4 = true;
  CHECK(says(examined, "cannot be reached from here"));
  examined.way_out = {};
  CHECK(says(examined, "cannot be reached from here"));
}

TEST_CASE("each kind of silence and refusal has its own advice") {
  CHECK(says(silent("cannot resolve the name of rds.eu-de.example.com:443: unknown"),
             "check the region (eu-de)"));
  CHECK(says(silent("cannot read the trusted certificates for x: y"), "mend or unset it"));
  CHECK(says(refused(401, "APIGW.0301", "AK access failed to reach the limit,forbidden"),
             "wait five minutes"));
  CHECK(says(refused(404, "APIGW.0101", "no such API"), "has no such API"));
  CHECK(says(refused(429, "APIGW.0308", "throttled"), "calls are used up"));
  CHECK(says(refused(403, "APIGW.0802", "region"), "may not use region eu-de"));
  CHECK(says(refused(403, "APIGW.0310", "project"), "project p1 is not one"));
  CHECK(says(refused(403, "APIGW.0302", "no"), "lack a right"));
  CHECK(says(refused(500, "DBS.200412", "failure"), "trouble of its own"));
  CHECK(says(refused(400, "DBS.200001", "parameter"), "its words say why"));
}

TEST_CASE("a clock that differs counts only where the credentials are refused") {
  Examined examined = refused(401, "APIGW.0301", "verify aksk signature fail");
  examined.clock_ahead = std::chrono::minutes{-16};
  CHECK(says(examined, "clock is 16 minutes ahead of"));
  examined.clock_ahead = std::chrono::minutes{13};
  CHECK(says(examined, "does not know a token in OS_TOKEN"));
  examined = refused(403, "DBS.200044", "no");
  examined.clock_ahead = std::chrono::minutes{16};
  CHECK(says(examined, "project p1 is not one"));
}

TEST_CASE("a call that worked needs no advice") {
  Examined examined = refused(200, "", "");
  CHECK(advice_for(examined).empty());
}

}  // namespace pawl
