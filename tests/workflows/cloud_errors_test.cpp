#include "workflows/cloud_errors.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pawl::cloud;
using pawl::HttpResponse;
using pawl::Method;
using enum pawl::cloud::ErrorClass;

namespace {

CloudError error_of(int status, const std::string& body, const std::string& request_id = {}) {
  HttpResponse response;
  response.status = status;
  response.body = body;
  response.request_id = request_id;
  return read_error(response);
}

CloudError coded(int status, const char* code) {
  return {status, code, "text", ""};
}

}  // namespace

TEST_CASE("a throttled answer may name how many calls a minute are let in") {
  const std::vector<std::pair<std::string, std::optional<std::uint32_t>>> rows{
      {"policy user over ratelimit,limit:60,time:1 minute", 60},
      {"policy user over ratelimit,limit:10,time:1 second", 600},
      {"policy api over ratelimit,limit:300,time:5 minute", 60},
      {"limit:7200,time:1 hour", 120},
      {"limit:1,time:1 day", 1},
      {"limit:4294967295,time:1 second", 4'294'967'295U},
      {"limit:60", std::nullopt},
      {"limit:0,time:1 minute", std::nullopt},
      {"limit:60,time:0 minute", std::nullopt},
      {"limit:60,time:1 fortnight", std::nullopt},
      {"limit:60,time:", std::nullopt},
      {"limit:many,time:1 minute", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& row : rows) {
    const auto& [message, expected] = row;
    CAPTURE(row.first);
    CHECK(pawl::cloud::named_limit({429, "APIGW.0308", message, ""}) == expected);
  }
}

TEST_CASE("every shape of an error body is read") {
  struct Row {
    int status;
    const char* body;
    CloudError expected;
  };
  for (
      const Row& row : {
          Row{409,
              R"({"error_code":"DBS.200022","error_msg":"The DB instance name already exists."})",
              {409, "DBS.200022", "The DB instance name already exists.", ""}},
          Row{403,
              R"({"error_code":"DBS.200044","error_msg":)"
              R"("Resource not found or permission denied.",)"
              R"("encoded_authorization_message":"{opaque text}"})",
              {403, "DBS.200044", "Resource not found or permission denied.", ""}},
          Row{500,
              R"({"externalMessage":"Server failure.","errCode":"DBS.200412"})",
              {500, "DBS.200412", "Server failure.", ""}},
          Row{409,
              R"({"errCode":"RDS.1102","externalMessage":"The DB instance name already exists."})",
              {409, "RDS.1102", "The DB instance name already exists.", ""}},
          Row{404,
              R"({"itemNotFound":{"code":404,"message":"Resource not found."}})",
              {404, "404", "Resource not found.", ""}},
          Row{400, R"({"badRequest":{"code":400,"message":"Bad."}})", {400, "400", "Bad.", ""}},
          Row{401,
              R"({"error":{"code":401,"message":"The request you have made requires )"
              R"(authentication.","title":"Unauthorized"}})",
              {401, "401", "The request you have made requires authentication.", ""}},
          Row{400,
              R"({"error_msg":"Request body is invalid.","error_code":"IAM.0011"})",
              {400, "IAM.0011", "Request body is invalid.", ""}},
          Row{400, R"({"errorCode":"X.0001","errorMsg":"text"})", {400, "X.0001", "text", ""}},
          Row{400, R"({"code":"X.1","message":"text"})", {400, "X.1", "text", ""}},
          Row{403,
              R"({"error":{"error_code":"PAP5.0001","error_msg":"no",)"
              R"("encoded_authorization_message":"x"}})",
              {403, "PAP5.0001", "no", ""}},
          Row{401,
              R"({"error_msg":"Incorrect IAM authentication information: verify aksk signature )"
              R"(fail","error_code":"APIGW.0301","request_id":"588f24a4a5fd47d5a3f3e6d1c0e0f8ab"})",
              {401, "APIGW.0301",
               "Incorrect IAM authentication information: verify aksk signature fail",
               "588f24a4a5fd47d5a3f3e6d1c0e0f8ab"}},
          Row{429,
              R"({"error_msg":"The throttling threshold has been reached: policy user over )"
              R"(ratelimit,limit:60,time:1 minute","error_code":"APIGW.0308","request_id":"588f"})",
              {429, "APIGW.0308",
               "The throttling threshold has been reached: policy user over "
               "ratelimit,limit:60,time:1 minute",
               "588f"}},
          Row{404,
              R"({"error_msg":"The API does not exist or has not been published in the )"
              R"(environment","error_code":"APIGW.0101","request_id":"588f"})",
              {404, "APIGW.0101",
               "The API does not exist or has not been published in the environment", "588f"}},
          Row{502,
              "<html><head><title>502 Bad Gateway</title></head></html>",
              {502, "", "<html><head><title>502 Bad Gateway</title></head></html>", ""}},
          Row{500, "", {500, "", "", ""}},
          Row{500, "null", {500, "", "null", ""}},
          Row{500, R"({"weather":"fine"})", {500, "", R"({"weather":"fine"})", ""}},
          Row{400, R"({"error_code":null,"code":"X.2"})", {400, "X.2", "", ""}},
          Row{400,
              R"({"error_code":"DBS.200011","error_code":"DBS.200001"})",
              {400, "", R"({"error_code":"DBS.200011","error_code":"DBS.200001"})", ""}},
          Row{400, R"({"error_code":"DBS.2000)", {400, "", R"({"error_code":"DBS.2000)", ""}},
      }) {
    CAPTURE(row.body);
    const CloudError read = error_of(row.status, row.body);
    CHECK(read.http_status == row.expected.http_status);
    CHECK(read.code == row.expected.code);
    CHECK(read.message == row.expected.message);
    CHECK(read.request_id == row.expected.request_id);
  }
}

TEST_CASE("the request id of the header comes first") {
  CHECK(error_of(400, R"({"error_code":"X.1","request_id":"body"})", "head").request_id == "head");
  CHECK(error_of(400, R"({"error_code":"X.1","request_id":"body"})").request_id == "body");
}

TEST_CASE("what an error answer says is bounded and clean") {
  const std::string junk = "\\u001b[31m" + std::string(100'000, 'x');
  const CloudError error = error_of(400, R"({"error_code":")" + junk + R"(","error_msg":")" + junk +
                                             R"(","request_id":")" + junk + R"("})");
  CHECK(error.code.size() <= 64);
  CHECK(error.message.size() <= 1000);
  CHECK(error.request_id.size() <= 64);
  CHECK(describe(error).size() <= 400);
  CHECK(describe(error).find('\x1b') == std::string::npos);
  CHECK(error_of(502, std::string(100'000, '<')).message.size() <= 120);
  CHECK(error_of(502, std::string(1'000'000, '[')).message.size() <= 120);
}

TEST_CASE("a security token never shows, wherever it is quoted") {
  const std::string token = "gQpjbi1ub3J0aC00T+/=SECRET-token_1.2";
  for (const std::string& text : {
           "verify aksk signature fail, canonical request:GET|/v3/p/instances/||host:h|"
           "x-sdk-date:20260115T083000Z|x-security-token:" +
               token + "||host;x-sdk-date;x-security-token|e3b0",
           "X-Security-Token: " + token,
           "X-SECURITY-TOKEN=" + token + "|x",
           "{\\\"x-security-token\\\":\\\"" + token + "\\\"}",
           "x-security-token;x-security-token:" + token + "|x-security-token:" + token,
           "X-Auth-Token: " + token + " is bad",
       }) {
    CAPTURE(text);
    const CloudError in_json =
        error_of(401, R"({"error_code":"APIGW.0301","error_msg":")" + text + R"("})");
    REQUIRE(in_json.code == "APIGW.0301");
    CHECK(in_json.message.find("SECRET") == std::string::npos);
    CHECK(in_json.message.find("***") != std::string::npos);
    const CloudError raw = error_of(401, "<p>" + text);
    CHECK(raw.message.find("SECRET") == std::string::npos);
  }
  CHECK(error_of(401, R"({"error_code":"APIGW.0301","error_msg":)"
                      R"("a|x-security-token:abc||host;x-security-token|e3b0"})")
            .message == "a|x-security-token:***||host;x-security-token|e3b0");
}

TEST_CASE("a described error is one line with words, code and request id") {
  CHECK(describe({409, "DBS.200011", "Another operation is being performed.", "588f"}) ==
        "HTTP 409 DBS.200011: Another operation is being performed. (request 588f)");
  CHECK(describe({502, "", "<html>", ""}) == "HTTP 502: <html>");
  CHECK(describe({500, "", "", "588f"}) == "HTTP 500: the answer says nothing (request 588f)");
  CHECK(describe({302, "", "<html>moved</html>", ""}) ==
        "HTTP 302: a redirect, which is not followed");
  CHECK(describe({401, "401", "The request you have made requires authentication.", ""}) ==
        "HTTP 401: The request you have made requires authentication.");
}

TEST_CASE("known codes have the class of the reference") {
  struct Row {
    const char* code;
    int status;
    ErrorClass get, post;
  };
  for (const Row& row : {
           Row{"DBS.200001", 400, stop, stop},
           Row{"DBS.212030", 400, stop, stop},
           Row{"DBS.200006", 400, stop, stop},
           Row{"DBS.280404", 400, stop, stop},
           Row{"DBS.200002", 404, gone, gone},
           Row{"DBS.290011", 404, gone, gone},
           Row{"DBS.200010", 403, stop, stop},
           Row{"DBS.200044", 403, stop, stop},
           Row{"DBS.280056", 403, renew_credentials, renew_credentials},
           Row{"DBS.200011", 409, wait, wait},
           Row{"DBS.212006", 409, wait, wait},
           Row{"DBS.200086", 400, wait, wait},
           Row{"DBS.201014", 400, wait, wait},
           Row{"DBS.201205", 409, wait, wait},
           Row{"DBS.200316", 409, stop, stop},
           Row{"DBS.280449", 400, stop, stop},
           Row{"DBS.200402", 409, ErrorClass::look, ErrorClass::look},
           Row{"DBS.212003", 400, ErrorClass::look, ErrorClass::look},
           Row{"RDS.0004", 409, ErrorClass::look, ErrorClass::look},
           Row{"DBS.200041", 400, stop, stop},
           Row{"DBS.200038", 400, wait, wait},
           Row{"DBS.200046", 413, halt_rollout, halt_rollout},
           Row{"DBS.216028", 400, halt_rollout, halt_rollout},
           Row{"DBS.280450", 400, stop, stop},
           Row{"DBS.201010", 404, ErrorClass::look, ErrorClass::look},
           Row{"DBS.201201", 409, ErrorClass::look, ErrorClass::look},
           Row{"DBS.200543", 400, ErrorClass::look, ErrorClass::look},
           Row{"DBS.200971", 400, ErrorClass::look, ErrorClass::look},
           Row{"DBS.108000", 500, retry, ErrorClass::look},
           Row{"DBS.200412", 500, retry, ErrorClass::look},
           Row{"DBS.111205", 500, ErrorClass::look, ErrorClass::look},
           Row{"DBS.280036", 500, wait, ErrorClass::look},
           Row{"DBS.212033", 403, wait, wait},
           Row{"DBS.01280030", 400, wait, wait},
           Row{"CBC.99003651", 400, wait, wait},
           Row{"APIGW.0101", 404, feature_absent, feature_absent},
           Row{"APIG.0101", 404, feature_absent, feature_absent},
           Row{"APIGW.0103", 404, stop, stop},
           Row{"APIGW.0106", 500, stop, ErrorClass::look},
           Row{"APIGW.0201", 400, stop, stop},
           Row{"APIGW.0201", 413, stop, stop},
           Row{"APIGW.0201", 502, retry, ErrorClass::look},
           Row{"APIGW.0202", 502, retry, ErrorClass::look},
           Row{"APIG.0203", 504, retry, ErrorClass::look},
           Row{"APIGW.0301", 401, renew_credentials, renew_credentials},
           Row{"APIGW.0302", 403, stop, stop},
           Row{"APIGW.0303", 401, renew_credentials, renew_credentials},
           Row{"APIGW.0307", 401, renew_credentials, renew_credentials},
           Row{"APIGW.0308", 429, throttled, throttled},
           Row{"APIG.0310", 403, stop, stop},
           Row{"APIGW.0404", 403, stop, stop},
           Row{"APIGW.0501", 405, stop, stop},
           Row{"APIGW.0602", 400, retry, ErrorClass::look},
           Row{"APIGW.0613", 503, retry, ErrorClass::look},
           Row{"APIGW.0802", 403, stop, stop},
           Row{"IAM.0012", 429, throttled, throttled},
           Row{"IAM.0066", 401, renew_credentials, renew_credentials},
           Row{"IAM.0083", 403, stop, stop},
           Row{"IAM.1109", 400, stop, stop},
       }) {
    CAPTURE(row.code);
    CAPTURE(row.status);
    const CloudError error = coded(row.status, row.code);
    CHECK(known_code(error));
    CHECK(classify(error, Method::get) == row.get);
    CHECK(classify(error, Method::post) == row.post);
  }
}

TEST_CASE("a code that is not in the tables is not known") {
  for (const char* code : {"", ".", "DBS", "DBS.", ".200011", "DBS.2000", "DBS.200011 ",
                           "dbs.200011", "DBS.200011 200019", "DBS.0101", "APIGW.200011",
                           "RDS.200011", "APIGW.301", "200011", "404", "DBS.200022", "DBS. "}) {
    CAPTURE(code);
    CHECK_FALSE(known_code(coded(409, code)));
    CHECK_FALSE(certainly_refused(coded(409, code), Trigger::inspection));
  }
}

TEST_CASE("without a known code the status decides, and a POST must look") {
  struct Row {
    int status;
    ErrorClass get, post;
  };
  for (const Row& row : {
           Row{302, retry, ErrorClass::look},
           Row{307, retry, ErrorClass::look},
           Row{400, stop, ErrorClass::look},
           Row{401, renew_credentials, renew_credentials},
           Row{403, stop, ErrorClass::look},
           Row{404, stop, ErrorClass::look},
           Row{408, retry, ErrorClass::look},
           Row{409, wait, ErrorClass::look},
           Row{413, stop, ErrorClass::look},
           Row{429, throttled, throttled},
           Row{500, retry, ErrorClass::look},
           Row{502, retry, ErrorClass::look},
           Row{503, retry, ErrorClass::look},
           Row{504, retry, ErrorClass::look},
       }) {
    CAPTURE(row.status);
    for (const char* code : {"", "DBS.999999", "404"}) {
      const CloudError error = coded(row.status, code);
      CHECK(classify(error, Method::get) == row.get);
      CHECK(classify(error, Method::post) == row.post);
      CHECK_FALSE(certainly_refused(error, Trigger::inspection));
      CHECK_FALSE(certainly_refused(error, Trigger::upgrade));
    }
  }
}

TEST_CASE("only a 4xx with a known and clear code proves that a trigger was refused") {
  struct Row {
    int status;
    const char* code;
    bool inspection, upgrade;
  };
  for (const Row& row : {
           Row{400, "DBS.200001", true, true},
           Row{404, "DBS.200002", true, true},
           Row{403, "DBS.200044", true, true},
           Row{401, "APIGW.0301", true, true},
           Row{404, "APIG.0101", true, true},
           Row{413, "DBS.200046", true, true},
           Row{400, "APIGW.0201", true, true},
           // the gateway turned it away before the service saw it
           Row{429, "APIGW.0308", true, true},
           Row{429, "IAM.0012", true, true},
           // a busy instance may be busy with our own upgrade
           Row{409, "DBS.200011", true, false},
           Row{409, "DBS.201205", true, false},
           Row{400, "DBS.200086", true, false},
           Row{403, "DBS.212033", true, false},
           // perhaps no valid report, perhaps a second upgrade
           Row{409, "DBS.200402", false, false},
           Row{409, "RDS.0004", false, false},
           // the server's failures, whatever the status
           Row{500, "DBS.200412", false, false},
           Row{500, "DBS.111205", false, false},
           Row{400, "DBS.111205", false, false},
           Row{400, "DBS.108000", false, false},
           Row{400, "APIGW.0602", false, false},
           Row{500, "DBS.200001", false, false},
           Row{503, "DBS.280036", false, false},
           Row{502, "APIGW.0201", false, false},
           Row{301, "DBS.200001", false, false},
           Row{200, "DBS.200001", false, false},
           // 408 and 429 of the service itself say nothing certain
           Row{408, "DBS.200001", false, false},
           Row{429, "DBS.200001", false, false},
           Row{429, "", false, false},
           Row{408, "", false, false},
       }) {
    CAPTURE(row.code);
    CAPTURE(row.status);
    CHECK(certainly_refused(coded(row.status, row.code), Trigger::inspection) == row.inspection);
    CHECK(certainly_refused(coded(row.status, row.code), Trigger::upgrade) == row.upgrade);
  }
}

TEST_CASE("no status and code make a trigger refused that a POST must look for") {
  for (const char* code : {"DBS.200001", "DBS.200011", "DBS.200402", "DBS.108000", "APIGW.0201",
                           "APIGW.0308", "APIGW.0602", "IAM.0012", "X.1", ""}) {
    for (int status = 100; status < 600; ++status) {
      const CloudError error = coded(status, code);
      if (!certainly_refused(error, Trigger::upgrade)) continue;
      CHECK(classify(error, Method::post) != ErrorClass::look);
      CHECK(classify(error, Method::post) != retry);
      CHECK(certainly_refused(error, Trigger::inspection));
    }
  }
}
