// Every error code that the reference documents (cloud-api 5.3, 5.4, 5.5), in its order and with
// its statuses, against what is made of it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "workflows/cloud_error_codes.h"
#include "workflows/cloud_errors.h"

using namespace pawl::cloud;
using pawl::Method;
using enum pawl::cloud::ErrorClass;

namespace {

struct Documented {
  const char* system;
  const char* numbers;
  std::vector<int> statuses;
  ErrorClass error_class;
};

const std::vector<Documented> documented{
    // 5.3
    {"DBS", "200001 200004 200405 280001 290000 280204 212030", {400}, stop},
    {"DBS", "200006", {400}, stop},
    {"DBS", "280404", {400}, stop},
    {"DBS", "200002 200045 200408 200602 201028 290005 290011", {404}, gone},  // "after a re-list"
    {"DBS", "200010 200604", {403}, stop},
    {"DBS", "200044 201003 280015", {403}, stop},
    {"DBS", "280056", {403}, renew_credentials},
    {"DBS", "200011 200019 200047 201202 212006", {409}, wait},
    {"DBS", "200086 201014", {400}, wait},
    {"DBS", "201205", {409}, wait},
    {"DBS", "200316", {409}, stop},
    {"DBS", "280449", {400}, stop},
    {"DBS", "200402 212003", {409, 400}, ErrorClass::look},
    {"RDS", "0004", {409}, ErrorClass::look},
    {"DBS", "200040 200041 200504 201207 280238", {400}, stop},
    {"DBS", "200037 200038 200039 200076", {400, 403, 409}, wait},
    {"DBS", "200046 290003 216028", {413, 400}, halt_rollout},
    {"DBS", "280450", {400}, stop},
    {"DBS", "201010 201203 280214", {404, 400}, ErrorClass::look},
    {"DBS", "201201", {409}, ErrorClass::look},
    {"DBS", "200543", {400}, ErrorClass::look},
    {"DBS", "200971", {400, 409}, ErrorClass::look},
    {"DBS", "108000 108002 108005 200005 213004 290006 290015 200412", {500}, retry},
    {"DBS", "111205", {500}, ErrorClass::look},
    {"DBS", "280036 280228", {500}, wait},
    {"DBS",
     "200018 200080 200452 200463 200611 201015 201206 212033 280011 280343 280816 01010337 "
     "01280030",
     {400, 403, 409},
     wait},
    {"CBC", "99003651", {400, 403, 409}, wait},
    // 5.4
    {"APIGW", "0101", {404}, feature_absent},
    {"APIGW", "0103 0104 0106", {404, 400, 500}, stop},
    {"APIGW", "0201", {400, 413, 414, 494}, stop},  // "by status"
    {"APIGW", "0202", {502}, retry},
    {"APIGW", "0203", {504}, retry},
    {"APIGW", "0301", {401}, renew_credentials},
    {"APIGW", "0302", {403}, stop},
    // "fix clock, stop"; but a 401 counts towards the lock of a key, so it ends all calls as well
    {"APIGW", "0303", {401}, renew_credentials},
    {"APIGW", "0304", {403}, stop},
    {"APIGW", "0305 0306 0307", {401, 403}, renew_credentials},
    {"APIGW", "0308", {429}, throttled},
    {"APIGW", "0310", {403}, stop},
    {"APIGW", "0401 0402 0404", {403}, stop},
    {"APIGW", "0501 0502", {405}, stop},
    {"APIGW", "0601 0602 0605 0606 0608 0609 0610 0613", {500, 400, 502, 503}, retry},
    {"APIGW", "0802", {403}, stop},
    // 5.5
    {"IAM", "0012", {429}, throttled},
    {"IAM", "0001 0061 0062 0063 0066 0067", {401}, renew_credentials},
    {"IAM", "0002 0003 0080 0081 0082 0083", {403}, stop},
    {"IAM", "1104 1105 1106 1107 1108 1109", {400}, stop},
};

std::vector<std::string> codes_of(const Documented& row, const char* system) {
  std::vector<std::string> codes;
  std::istringstream numbers(row.numbers);
  for (std::string number; numbers >> number;)
    codes.push_back(fmt::format("{}.{}", system, number));
  return codes;
}

}  // namespace

TEST_CASE("every documented code has one class, the documented one, in both spellings") {
  std::set<std::string> seen;
  for (const Documented& row : documented) {
    const bool gateway = std::string(row.system) == "APIGW";
    for (const char* system : {row.system, "APIG"}) {
      if (system != row.system && !gateway) continue;
      for (const std::string& code : codes_of(row, system)) {
        CAPTURE(code);
        CHECK(seen.insert(code).second);
        for (const int status : row.statuses) {
          CAPTURE(status);
          const CloudError error{status, code, "text", ""};
          CHECK(known_code(error));
          CHECK(classify(error, Method::get) == row.error_class);
          // What a POST may have done although it was refused is looked at, never taken for undone.
          const ErrorClass post = classify(error, Method::post);
          const bool of_every_call =
              row.error_class == renew_credentials || row.error_class == throttled;
          const bool open = !of_every_call && (status >= 500 || row.error_class == retry);
          CHECK(post == (open ? ErrorClass::look : row.error_class));
        }
      }
    }
  }
  for (const int status : {500, 502, 504})
    CHECK(classify({status, "APIGW.0201", "", ""}, Method::get) == retry);
}

TEST_CASE("no code is known that is not documented") {
  std::set<std::string> known;
  for (const Documented& row : documented) {
    for (std::string& code : codes_of(row, row.system))
      known.insert(std::move(code));
  }
  for (int number = 100'000; number < 300'000; ++number) {
    const std::string code = fmt::format("DBS.{}", number);
    if (find_code(code).has_value() != known.contains(code)) FAIL_CHECK(code);
  }
  for (const char* system : {"APIGW", "IAM", "RDS"}) {
    for (int number = 0; number < 10'000; ++number) {
      const std::string code = fmt::format("{}.{:04}", system, number);
      if (find_code(code).has_value() != known.contains(code)) FAIL_CHECK(code);
    }
  }
}
