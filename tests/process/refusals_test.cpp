// What a person and the journal get to know of a refusal in mid-rollout, and what they must not.
#include <doctest/doctest.h>
#include <fmt/chrono.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include "tests/engine_io/raw_server.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

/// The stand-in behind a gateway that refuses whatever would change something, with this answer.
class Gateway final {
 public:
  explicit Gateway(std::string refused)
      : cloud_({"--instances", "1"}), server_([this, answer = std::move(refused)](Peer& peer, int) {
          while (const auto request = peer.read_request())
            peer.write(request->starts_with("GET ") ? look(*request) : answer);
        }) {}

  /// A plan over the stand-in's fleet, through the gateway.
  std::string plan() const {
    std::string text = plan_for(cloud_);
    return text.replace(text.find(cloud_.url()), cloud_.url().size(), server_.url());
  }
  std::vector<std::string> requests() const { return server_.seen().requests; }

 private:
  std::string look(const std::string& request) const {
    const std::time_t now = std::time(nullptr);
    return ok(cloud_.get(request.substr(4, request.find(' ', 4) - 4)),
              fmt::format("Date: {:%a, %d %b %Y %T GMT}\r\n", fmt::gmtime(now)));
  }

  StandIn cloud_;
  RawServer server_;
};

Ended run_through(const Gateway& gateway, const Desk& desk,
                  const std::vector<std::string>& environment) {
  const std::string plan = desk.directory().write("plan.yaml", gateway.plan());
  return desk.pawl({"run", plan, "--log-level", "trace"}, environment);
}

std::string journal_of(const Desk& desk) {
  std::string told;
  for (const json& entry : desk.history())
    told += entry.dump() + '\n';
  return told;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the cloud's words and its request id reach the person and the journal") {
  const std::string id = "588f0a3c9d5e4b7fa1c2d3e4f5061728";
  const Gateway gateway(refusal(401, "APIGW.0301", "ak not exist", "X-Request-Id: " + id + "\r\n"));
  const Desk desk;
  const Ended ended = run_through(gateway, desk, {"OS_TOKEN=t"});
  CHECK(ended.code == 5);
  CHECK(has(ended.err, "HTTP 401 APIGW.0301: ak not exist (request " + id + ")"));
  CHECK(has(journal_of(desk), "\"request_id\":\"" + id + "\""));
  for (const std::string& request : gateway.requests())
    CHECK(has(request, "\r\nUser-Agent: pawl/"));
}

TEST_CASE("a token that an answer quotes is neither kept nor told") {
  const std::string secret = "planted/secret-7Yq2", escaped = "planted\\/secret-7Yq2";
  const std::vector<std::string> key{"HW_ACCESS_KEY=AKEXAMPLE0123456789X", "HW_SECRET_KEY=other",
                                     "HW_SECURITY_TOKEN=" + secret};
  for (const auto& row :
       {std::pair{key, refusal(401, "APIGW.0301", "canonicalRequest:POST|/|" + escaped)},
        std::pair{std::vector{"OS_TOKEN=" + secret}, refusal(401, "", "You sent: " + secret)}}) {
    const auto& [environment, refused] = row;
    CAPTURE(row.second);
    const Gateway gateway(refused);
    const Desk desk;
    const Ended ended = run_through(gateway, desk, environment);
    CHECK(ended.code == 5);
    const std::string told = journal_of(desk);
    CHECK(has(told, "***"));  // the answer is kept
    std::string left = ended.out + ended.err + told;
    for (const auto& entry : std::filesystem::directory_iterator(desk.directory().path())) {
      std::ifstream file(entry.path(), std::ios::binary);
      left.append(std::istreambuf_iterator<char>(file), {});
    }
    CHECK_FALSE(has(left, "secret-7Yq2"));
  }
}

TEST_CASE(
    "a spent quota or a missing right, which checks do not meet, halts the rollout in words") {
  const std::string quota =
      "HTTP 413 DBS.200046: The number of DB instances has reached the quota.";
  const std::string right = "HTTP 403 DBS.200010: You are not authorised to perform this operation";
  for (const auto& row :
       {std::tuple{"quota=100%", "12", quota, "no other instance would fare better: " + quota},
        std::tuple{"forbidden=100%", "0", right, std::string("wave all has 1 failed run")}}) {
    const auto& [fault, budget, words, halt] = row;
    CAPTURE(std::get<2>(row));
    const StandIn cloud({"--instances", "12", "--check-time", "0", "--fault", fault});
    const Desk desk;
    const std::string plan = desk.directory().write(
        "plan.yaml",
        plan_for(cloud, fmt::format("defaults: {{max_parallel: 1, max_failures: {}}}", budget)));
    const Ended ended = desk.pawl({"run", plan});
    CHECK(ended.code == 1);
    CHECK(has(ended.err, words));
    const json status = desk.json_of({"status"});
    CHECK(status["state"] == "halted");
    CHECK(status["halted_because"].get<std::string>().starts_with(halt));
    CHECK(status["counts"]["failed"] == 1);
    CHECK(status["counts"]["ready"] == 11);
    CHECK(has(desk.pawl({"status"}).out, words));
    CHECK(counted(cloud, "upgrades") == 0);
    CHECK(counted(cloud, "upgrade_posts_max_per_instance") == 1);
    check_agreement(desk, cloud);
  }
}
