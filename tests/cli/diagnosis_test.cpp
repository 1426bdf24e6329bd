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

TEST_CASE("a machine with IPv6 alone is told what it lacks, and one with nothing too") {
  Examined examined = silent("cannot connect to rds.eu-de.example.com:443: Network is unreachable");
  examined.way_out.ipv4 = false;
  CHECK(says(examined, "this machine has IPv6 addresses only"));
  examined.way_out.ipv4 = true;
  CHECK(says(examined, "cannot be reached from here"));
  examined.way_out = {};
  CHECK(says(examined, "no network address but its own loopback's"));
  examined.endpoint = "http://127.0.0.1:8080";
  CHECK(says(examined, "which is this machine itself: start what is to listen there"));
}

TEST_CASE("each kind of silence has its own advice") {
  struct Row {
    std::string why, advice;
  };
  for (const Row& row : {
           Row{"cannot resolve the name of x:443: unknown", "check the region (eu-de)"},
           Row{"cannot read the trusted certificates for x: y", "mend or unset it"},
           Row{"cannot trust the certificate of x: SSL certificate problem: unable to get local "
               "issuer certificate",
               "name its CA with --ca-file"},
           Row{"cannot trust the certificate of x: SSL certificate problem: certificate is not yet "
               "valid",
               "not valid yet: the clock is behind"},
           Row{"cannot trust the certificate of x: SSL certificate problem: certificate has "
               "expired",
               "has expired: set the clock, if it is ahead"},
           Row{"cannot trust the certificate of x: SSL: no alternative certificate subject name "
               "matches target host name 'x'",
               "is for another name: correct the endpoint"},
           Row{"cannot agree on TLS with x: wrong version number", "with its scheme and port"},
           Row{"x closed the connection without an answer", "with its scheme and port"},
           Row{"no whole answer from x within 15s", "was reached, but does not answer in time"},
           Row{"held back: a line break or the like stands in the credentials' headers; mend the "
               "credentials",
               "set it anew"},
           Row{"cannot connect to x: Connection refused", "whether a proxy is needed"},
       }) {
    CAPTURE(row.why);
    CHECK(says(silent(row.why), row.advice));
  }
}

TEST_CASE("a proxy is told apart by what it says to the call") {
  struct Row {
    std::string why, advice;
  };
  for (const Row& row : {
           Row{"a broken connection to x: CONNECT tunnel failed, response 407",
               "wants a user and a password: write them into https_proxy"},
           Row{"a broken connection to x: CONNECT tunnel failed, response 403",
               "forbids calls to https://rds.eu-de.example.com"},
           Row{"a broken connection to x: CONNECT tunnel failed, response 502",
               "does not reach https://rds.eu-de.example.com itself"},
           Row{"a broken connection to x: CONNECT tunnel failed, response 405", "may be no proxy"},
           Row{"cannot resolve the name of the proxy to x: y", "no address is known for"},
           Row{"cannot connect to x: Connection refused", "check that it runs"},
       }) {
    CAPTURE(row.why);
    Examined examined = silent(row.why);
    examined.proxy = "https_proxy";
    CHECK(says(examined, "the proxy that https_proxy names"));
    CHECK(says(examined, row.advice));
  }
  CHECK(says(refused(407, "", ""), "the proxy in between wants a user and a password"));
}

TEST_CASE("a metadata service that gives no key is no matter of proxies") {
  Examined examined = silent("no connection to 169.254.169.254:80 in time: Timeout");
  examined.asked = Asked::key;
  examined.endpoint = "http://169.254.169.254";
  examined.proxy = "https_proxy";
  CHECK(says(examined, "there is one on a cloud server alone"));
  CHECK_FALSE(says(examined, "proxy"));
  examined.call.what = HttpResponse{};
  examined.flaw = "the metadata service's answer is no JSON";
  CHECK(says(examined, "give the server an agency"));
  examined = refused(404, "", "no agency");
  examined.asked = Asked::key;
  CHECK(says(examined, "give the server an agency"));
}

TEST_CASE("each kind of refusal has its own advice") {
  struct Row {
    int status;
    std::string code, words, advice;
    Asked asked = Asked::instances;
  };
  for (const Row& row : {
           Row{401, "APIGW.0301", "AK access failed to reach the limit,forbidden",
               "wait five minutes"},
           Row{401, "APIGW.0301", "verify aksk signature fail",
               "the signature by a token in OS_TOKEN is wrong: the secret"},
           Row{401, "APIGW.0301", "ak not exist", "the cloud does not know a token in OS_TOKEN"},
           Row{401, "APIGW.0301", "Signature expired", "clock is likely wrong"},
           Row{401, "APIGW.0301", "token expires, expires_at:2026-01-15T10:30:00Z",
               "a token in OS_TOKEN has expired"},
           Row{401, "APIGW.0301", "Token is expired", "a token in OS_TOKEN has expired"},
           Row{401, "IAM.0061", "token expired", "a token in OS_TOKEN has expired"},
           Row{401, "APIGW.0307", "x", "a token in OS_TOKEN has expired"},
           Row{403, "DBS.280056", "Token is invalid", "is no longer valid: fetch a fresh one"},
           Row{404, "APIGW.0101", "no such API", "has no such API"},
           Row{404, "", "404 page not found", "has no such API"},
           Row{429, "APIGW.0308", "throttled", "calls are used up"},
           Row{403, "APIGW.0802", "region", "may not use region eu-de"},
           Row{403, "APIGW.0310", "project", "project p1 is not one"},
           Row{403, "APIGW.0302", "no", "lack a right: grant rds:instance:list"},
           Row{500, "DBS.200412", "failure", "trouble of its own"},
           Row{400, "DBS.200001", "parameter", "its words say why"},
           Row{403, "IAM.0003", "policy", "grant iam:projects:list, or name", Asked::project},
           Row{401, "401", "wrong", "IAM does not know a token in OS_TOKEN", Asked::token},
           Row{403, "IAM.0003", "no", "no token for this project", Asked::token},
       }) {
    CAPTURE(row.code);
    CAPTURE(row.words);
    Examined examined = refused(row.status, row.code, row.words);
    examined.asked = row.asked;
    CHECK(says(examined, row.advice));
  }
}

TEST_CASE("who calls without credentials is told to set some") {
  Examined examined = refused(401, "APIGW.0301", "x-auth-token not found");
  examined.source.clear();
  CHECK(says(examined, "no credentials are set: set HUAWEICLOUD_SDK_AK"));
}

TEST_CASE("a wrong project is told with the variable that names it") {
  Examined examined = refused(403, "DBS.200044", "no");
  examined.project_from = "OS_TENANT_ID";
  CHECK(says(examined, "project p1, which stands in OS_TENANT_ID, is not one"));
}

TEST_CASE("a clock that differs counts only where signatures are refused") {
  Examined examined = refused(401, "APIGW.0301", "ak not exist");
  examined.clock_ahead = std::chrono::minutes{-16};
  CHECK(says(examined, "clock is 16 minutes ahead of"));
  examined.signs = false;  // a token knows no time of ours
  CHECK(says(examined, "does not know a token in OS_TOKEN"));
  examined.signs = true;
  examined.clock_ahead = std::chrono::minutes{13};
  CHECK(says(examined, "does not know a token in OS_TOKEN"));
  examined = refused(401, "APIGW.0301", "signature expired");
  examined.clock_ahead = std::chrono::minutes{6};
  CHECK(says(examined, "clock is 6 minutes behind"));
  examined = refused(403, "DBS.200044", "no");
  examined.clock_ahead = std::chrono::minutes{16};
  CHECK(says(examined, "project p1 is not one"));
}

TEST_CASE("what is not the cloud's API is called so, whatever its status") {
  const std::string not_the_cloud = "is not the cloud's API";
  Examined examined = refused(200, "", "");
  CHECK(advice_for(examined).empty());
  examined.flaw = "the instance list is not JSON";
  CHECK(says(examined, not_the_cloud));
  for (const int status : {302, 307, 511}) {
    CAPTURE(status);
    CHECK(says(refused(status, "", "moved"), not_the_cloud));
  }
  for (const int status : {400, 401, 403, 404}) {
    CAPTURE(status);
    examined = refused(status, "", "");
    auto& answer = std::get<HttpResponse>(examined.call.what);
    answer.body = "\n <!DOCTYPE html><html>Log in</html>";
    CHECK(says(examined, not_the_cloud));
    answer.body = "Log in";
    answer.content_type = "Text/HTML; charset=utf-8";
    CHECK(says(examined, not_the_cloud));
  }
  examined = refused(302, "", "");
  examined.led_to = "login.example.com";
  examined.proxy = "https_proxy";
  CHECK(says(examined, "(it sends callers to login.example.com)"));
  CHECK(says(examined, "(https_proxy names one)"));
}

TEST_CASE("of a redirect's aim no more than the host is shown") {
  CHECK(host_of("https://login.example.com/x?token=hush") == "login.example.com");
  CHECK(host_of("http://user:hush@login.example.com:81") == "login.example.com:81");
  CHECK(host_of("//login.example.com#x") == "login.example.com");
  CHECK(host_of("/login?back=https://x") == "");
  CHECK(host_of("login") == "");
  CHECK(host_of("https://a\x1b[31mb/") == "a [31mb");
}

}  // namespace pawl
