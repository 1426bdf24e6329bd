// Webhooks, through the command line: told in order, signed, again after a failure or a crash, and
// never waited for.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include "engine/digest.h"
#include "tests/engine_io/raw_server.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string no(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 0\r\n\r\n";
}

std::string header(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t from = at + name.size() + 4;
  return request.substr(from, request.find("\r\n", from) - from);
}

std::string body(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

std::string plan_with(const Desk& desk, const StandIn& cloud, const RawServer& server,
                      const std::string& events) {
  return desk.directory().write(
      "plan.yaml", plan_for(cloud, "notify: [{url: '" + server.url() +
                                       "/hook%20one?to=ops', events: [" + events + "]}]"));
}

/// What the webhook was told, by its delivery ids in their order of arrival.
std::vector<std::string> deliveries(const RawServer& server) {
  std::vector<std::string> ids;
  for (const std::string& request : server.seen().requests)
    ids.push_back(header(request, "X-Pawl-Delivery"));
  return ids;
}

/// One webhook for each of `statuses`, which its path names.
std::string webhooks(const RawServer& server, const std::vector<int>& statuses,
                     const std::string& events) {
  std::string list = "notify:\n";
  for (const int status : statuses) {
    list += "  - {url: '" + server.url() + "/" + std::to_string(status) + "', events: [" + events +
            "]}\n";
  }
  return list;
}

int status_asked(const std::string& request) {
  return std::stoi(request.substr(request.find('/') + 1));
}

}  // namespace

TEST_CASE("a webhook is told of each event that it asks for, signed, as history prints it") {
  const StandIn cloud = quick_cloud(3);
  RawServer server(always(ok("{}")));
  const Desk desk;
  const std::string plan =
      plan_with(desk, cloud, server, "rollout_started, upgrade_succeeded, rollout_finished");
  const Ended ended =
      run({program(), "run", plan, "--store", desk.store()}, "/", {"PAWL_WEBHOOK_SECRET=hunter2"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  std::map<std::string, json> history;
  for (const json& entry : desk.history())
    history["fleet-1-" + std::to_string(entry["seq"].get<int>())] = entry;
  std::int64_t last = 0;
  const auto requests = server.seen().requests;
  CHECK(requests.size() == 5);
  for (const std::string& request : requests) {
    CHECK(request.starts_with("POST /hook%20one?to=ops HTTP/1.1\r\n"));
    const json entry = json::parse(body(request));
    CHECK(entry == history[header(request, "X-Pawl-Delivery")]);
    CHECK(header(request, "X-Pawl-Event") == entry["event"]);
    CHECK(header(request, "X-Pawl-Signature") ==
          "sha256=" + pawl::hmac_sha256_hex("hunter2", body(request)));
    CHECK(header(request, "Content-Type") == "application/json");
    CHECK(request.find("hunter2") == std::string::npos);
    CHECK(entry["seq"].get<std::int64_t>() > last);
    last = entry["seq"];
  }
  const Ended again = desk.pawl({"resume"});
  CHECK(again.code == 0);
  CHECK(server.seen().requests.size() == 5);
}

TEST_CASE("a webhook that closes the connection it was told on does not keep the driver busy") {
  const StandIn cloud = quick_cloud(2);
  std::atomic<int> told = 0;
  RawServer server([&](Peer& peer, int) {
    if (!peer.read_request()) return;
    peer.write(ok("{}"));
    ++told;
    peer.closed_within(500);
  });
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "defaults: {approval: required}\nnotify: [{url: '" +
                                       server.url() + "/', events: [approval_requested]}]"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  until(driver, [&] { return told == 1; });
  CHECK_FALSE(driver.wait(3s));
  driver.signal(SIGTERM);
  const auto ended = driver.wait(20s);
  REQUIRE(ended);
  // Awake for all of it, it takes three seconds of a core.
  CHECK(ended->used.cpu_seconds < 1.5);
}

TEST_CASE("a webhook that fails is told again under the same id, and nothing is passed over") {
  const StandIn cloud = quick_cloud(3);
  RawServer server([](Peer& peer, int) {
    for (int answers = 0; peer.read_request(); ++answers)
      peer.write(answers == 0 ? no(500) : ok("{}"));
  });
  const Desk desk;
  const std::string plan = plan_with(desk, cloud, server, "rollout_started, rollout_finished");
  CHECK(desk.pawl({"run", plan}).code == 0);
  CHECK(desk.pawl({"resume"}).code == 0);
  const auto ids = deliveries(server);
  REQUIRE(ids.size() >= 3);
  CHECK(ids[0] == "fleet-1-2");
  CHECK(ids[1] == ids[0]);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 2);
}

TEST_CASE("a webhook that hangs does not matter; what it missed is said and told by resume") {
  const StandIn cloud = quick_cloud(3);
  std::atomic<bool> hangs = true;
  RawServer server([&hangs](Peer& peer, int) {
    while (peer.read_request()) {
      if (hangs) return peer.wait_for_close();
      peer.write(ok("{}"));
    }
  });
  const Desk desk;
  const std::string plan = plan_with(desk, cloud, server, "rollout_started, rollout_finished");
  const Ended ended = desk.pawl({"run", plan});
  CHECK(ended.code == 0);
  CHECK(desk.json_of({"status"})["counts"]["succeeded"] == 3);
  CHECK_MESSAGE(ended.err.find("2 notifications to http://127.0.0.1") != std::string::npos,
                ended.err);
  CHECK(ended.err.find("pawl resume fleet-1") != std::string::npos);
  CHECK(ended.err.find("hook%20one") == std::string::npos);  // a path may be a secret
  hangs = false;
  CHECK(desk.pawl({"resume"}).code == 0);
  const auto ids = deliveries(server);
  CHECK(ids.size() == 3);
  CHECK(ids.front() == ids[1]);
  CHECK(desk.pawl({"resume", "fleet-1"}).code == 0);
  CHECK(deliveries(server).size() == 3);
}

TEST_CASE("a webhook of a private authority is told once its certificate is trusted") {
  const StandIn cloud = quick_cloud(2);
  const TlsIdentity authority("127.0.0.1");
  RawServer server(always(ok("{}")), {.identity = &authority});
  const Desk desk;
  const std::string plan = plan_with(desk, cloud, server, "rollout_finished");
  const Ended ended = desk.pawl({"run", plan});
  CHECK_MESSAGE(ended.err.find("cannot trust the certificate") != std::string::npos, ended.err);
  CHECK(server.seen().requests.empty());
  CHECK(desk.pawl({"resume", "--ca-file", authority.file()}).code == 0);
  CHECK(deliveries(server).size() == 1);
}

TEST_CASE("a lever that comes while the last notifications are delivered sets the rollout going") {
  const StandIn cloud = quick_cloud(3);
  RawServer server([](Peer& peer, int) {
    if (peer.read_request()) peer.wait_for_close();
  });
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "defaults: {approval: required}\n" +
                                       webhooks(server, {200}, "approval_requested")));
  Child driver({program(), "run", plan, "--no-wait", "--store", desk.store()},
               desk.directory().path());
  const auto asked = [&] {
    return counted(cloud, "checks") == 3 &&
           !desk.history({"--event", "approval_requested"}).empty();
  };
  for (int tries = 0; !asked(); ++tries) {
    REQUIRE(tries < 1'500);
    REQUIRE_FALSE(driver.wait(20ms));
  }
  CHECK_FALSE(driver.wait(500ms));  // its loop has ended, its webhook hangs
  const Ended approved = desk.pawl({"approve"});
  CHECK_MESSAGE(approved.code == 0, approved.err);
  const auto ended = driver.wait(60s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  CHECK(desk.json_of({"status"})["counts"]["succeeded"] == 3);
  CHECK(desk.history({"--event", "driver_started"}).size() == 1);
}

TEST_CASE("an entry that its webhook keeps refusing is given up, and the next ones come through") {
  const StandIn cloud = quick_cloud(3);
  RawServer server([](Peer& peer, int) {
    while (const auto request = peer.read_request())
      peer.write(header(*request, "X-Pawl-Event") == "rollout_started" ? no(400) : ok("{}"));
  });
  const Desk desk;
  const std::string plan = plan_with(desk, cloud, server, "rollout_started, rollout_finished");
  const Ended ended = desk.pawl({"run", plan});
  CHECK(ended.code == 0);
  CHECK_MESSAGE(ended.err.find("entry 2 (rollout_started) with HTTP 400") != std::string::npos,
                ended.err);
  const auto ids = deliveries(server);
  CHECK(ids.size() == 4);
  CHECK(header(server.seen().requests.back(), "X-Pawl-Event") == "rollout_finished");
}

TEST_CASE("a refusal that may pass gives no entry up, however often it comes") {
  const StandIn cloud = quick_cloud(3);
  RawServer server([](Peer& peer, int) {
    for (int answers = 0; const auto request = peer.read_request(); ++answers)
      peer.write(answers < 3 ? no(status_asked(*request)) : ok("{}"));
  });
  const Desk desk;
  const std::vector<int> passing{401, 403, 404, 408, 429};
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "defaults: {approval: required}\n" +
                                       webhooks(server, passing, "rollout_started")));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  std::map<int, std::vector<std::string>> ids;
  const auto all_told = [&] {
    ids.clear();
    for (const std::string& request : server.seen().requests)
      ids[status_asked(request)].push_back(header(request, "X-Pawl-Delivery"));
    return std::all_of(passing.begin(), passing.end(),
                       [&](int status) { return ids[status].size() >= 4; });
  };
  for (int tries = 0; !all_told(); ++tries) {
    REQUIRE(tries < 3'000);
    REQUIRE_FALSE(driver.wait(20ms));
  }
  driver.signal(SIGINT);
  const auto ended = driver.wait(20s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->err.find("given up") == std::string::npos, ended->err);
  for (const int status : passing) {
    CAPTURE(status);
    CHECK(ids[status] == std::vector<std::string>(4, "fleet-1-2"));
  }
}

TEST_CASE("a webhook is left alone for as long as a 429 or a 503 asks for") {
  const StandIn cloud = quick_cloud(3);
  RawServer server([](Peer& peer, int) {
    while (const auto request = peer.read_request()) {
      const std::string refused = no(status_asked(*request));
      peer.write(refused.substr(0, refused.size() - 2) + "Retry-After: 3600\r\n\r\n");
    }
  });
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, webhooks(server, {429, 503, 500}, "rollout_started")));
  CHECK(desk.pawl({"run", plan}).code == 0);
  std::map<int, int> asked;
  for (const std::string& request : server.seen().requests)
    ++asked[status_asked(request)];
  CHECK(asked[429] == 1);
  CHECK(asked[503] == 1);
  CHECK(asked[500] > 1);  // only those two say when to come back
}

TEST_CASE("a SIGKILL loses no notification, and a second one carries the same id") {
  const StandIn cloud = quick_cloud(3);
  RawServer server(always(ok("{}")));
  const Desk desk;
  const std::string plan = plan_with(desk, cloud, server, "precheck_passed, upgrade_succeeded");
  for (int n = 3;; n += 7) {
    const Ended ended =
        run({program_with_failpoints(), "run", plan, "--store", desk.store()},
            desk.directory().path(), {"PAWL_FAILPOINT=after_commit:" + std::to_string(n)});
    if (ended.code == 0) break;
    REQUIRE(ended.code == 128 + SIGKILL);
    REQUIRE(n < 200);
  }
  CHECK(desk.pawl({"resume"}).code == 0);
  std::set<std::string> told;
  for (const std::string& id : deliveries(server))
    told.insert(id);
  std::set<std::string> meant;
  for (const std::string event : {"precheck_passed", "upgrade_succeeded"}) {
    for (const json& entry : desk.history({"--event", event}))
      meant.insert("fleet-1-" + std::to_string(entry["seq"].get<int>()));
  }
  CHECK(meant.size() == 6);
  CHECK(told == meant);
  check_agreement(desk, cloud);
}
