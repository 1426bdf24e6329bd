#include "workflows/cloud_error_codes.h"

#include <array>
#include <cstddef>

namespace pawl::cloud {

namespace {

using enum ErrorClass;

/// The first row that fits.
struct StatusRow {
  int from, to;
  ErrorClass error_class;
};

// In the order of cloud-api 5.2. What is repeated for a GET leaves a POST in doubt, as every answer
// does that proves nothing (decision 5); a redirect is never followed.
constexpr std::array statuses{
    StatusRow{300, 399, retry},              // a proxy or a gateway in between
    StatusRow{401, 401, renew_credentials},  // the credential
    StatusRow{408, 408, retry},              //
    StatusRow{409, 409, wait},               // another operation
    StatusRow{429, 429, throttled},          // too many calls
    StatusRow{400, 499, stop},               // parameter, right, object, method, size
    StatusRow{500, 599, retry},              // server, gateway
};

struct Row {
  std::string_view system;
  std::string_view numbers;  // separated by one blank
  std::optional<ErrorClass> error_class;
};

// In the order of cloud-api 5.3, 5.4 and 5.5, so that the two can be compared line by line.
constexpr std::array rows{
    // parameter error; empty request; malformed instance id
    Row{"DBS", "200001 200004 200405 280001 290000 280204 212030", stop},
    Row{"DBS", "200006", stop},
    Row{"DBS", "280404", stop},
    // the instance does not exist
    Row{"DBS", "200002 200045 200408 200602 201028 290005 290011", gone},
    // not authorised; not found or no permission; invalid token
    Row{"DBS", "200010 200604", stop},
    Row{"DBS", "200044 201003 280015", stop},
    Row{"DBS", "280056", renew_credentials},
    // another operation runs, or the instance is faulty; wrong status; backup in progress
    Row{"DBS", "200011 200019 200047 201202 212006", wait},
    Row{"DBS", "200086 201014", wait},
    Row{"DBS", "201205", wait},
    // storage full; frozen
    Row{"DBS", "200316", stop},
    Row{"DBS", "280449", stop},
    // invalid operation: perhaps no valid report, perhaps a second upgrade
    Row{"DBS", "200402 212003", look},
    Row{"RDS", "0004", look},
    // engine or version not supported
    Row{"DBS", "200040 200041 200504 201207 280238", stop},
    // versions differ, replication abnormal, standby behind, node abnormal
    Row{"DBS", "200037 200038 200039 200076", wait},
    // quota; flavour sold out
    Row{"DBS", "200046 290003 216028", halt_rollout},
    Row{"DBS", "280450", stop},
    // backup does not exist; object exists; job does not exist; minor upgrade booked
    Row{"DBS", "201010 201203 280214", look},
    Row{"DBS", "201201", look},
    Row{"DBS", "200543", look},
    Row{"DBS", "200971", look},
    // server failure; time-out, probably accepted; not ready
    Row{"DBS", "108000 108002 108005 200005 213004 290006 290015 200412", retry},
    Row{"DBS", "111205", look},
    Row{"DBS", "280036 280228", wait},
    // busy in some way, as Terraform takes it
    Row{"DBS", "200018 200080 200452 200463 200611 201015 201206 212033 280011 280343 280816",
        wait},
    Row{"DBS", "01010337 01280030", wait},
    Row{"CBC", "99003651", wait},

    // unknown here; no back end or wrong definition; malformed or back end unavailable
    Row{"APIGW", "0101", feature_absent},
    Row{"APIGW", "0103 0104 0106", stop},
    Row{"APIGW", "0201", std::nullopt},
    Row{"APIGW", "0202 0203", retry},
    // credentials; 0303 too, for every 401 counts towards the lock of the key
    Row{"APIGW", "0301 0303 0305 0306 0307", renew_credentials},
    Row{"APIGW", "0302 0304", stop},
    Row{"APIGW", "0308", throttled},
    // project; address or policy; method; region
    Row{"APIGW", "0310", stop},
    Row{"APIGW", "0401 0402 0404", stop},
    Row{"APIGW", "0501 0502", stop},
    Row{"APIGW", "0601 0602 0605 0606 0608 0609 0610 0613", retry},
    Row{"APIGW", "0802", stop},

    Row{"IAM", "0012", throttled},
    Row{"IAM", "0001 0061 0062 0063 0066 0067", renew_credentials},
    Row{"IAM", "0002 0003 0080 0081 0082 0083", stop},
    Row{"IAM", "1104 1105 1106 1107 1108 1109", stop},
};

bool lists(std::string_view numbers, std::string_view number) {
  while (!numbers.empty()) {
    const std::size_t blank = numbers.find(' ');
    if (numbers.substr(0, blank) == number) return true;
    if (blank == std::string_view::npos) return false;
    numbers.remove_prefix(blank + 1);
  }
  return false;
}

CodeSource source_of(std::string_view system) {
  if (system == "APIGW") return CodeSource::gateway;
  return system == "IAM" ? CodeSource::identity : CodeSource::service;
}

}  // namespace

ErrorClass class_of_status(int status) {
  for (const StatusRow& row : statuses) {
    if (status >= row.from && status <= row.to) return row.error_class;
  }
  return retry;
}

std::optional<KnownCode> find_code(std::string_view code) {
  const std::size_t point = code.find('.');
  if (point == std::string_view::npos) return std::nullopt;
  std::string_view system = code.substr(0, point);
  const std::string_view number = code.substr(point + 1);
  if (system == "APIG") system = "APIGW";
  for (const Row& row : rows) {
    if (row.system == system && lists(row.numbers, number)) {
      return KnownCode{source_of(system), row.error_class};
    }
  }
  return std::nullopt;
}

}  // namespace pawl::cloud
