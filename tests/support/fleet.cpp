#include "tests/support/fleet.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <map>
#include <random>
#include <sstream>

namespace pawl::test {

using nlohmann::json;
using namespace std::chrono_literals;

std::string plan_for(const StandIn& cloud, const std::string& more) {
  return fmt::format(R"(name: fleet
cloud:
  endpoint: {}
  project_id: 0483b6b16e954cb88930a360d2c4e663
  calls_per_minute: 10000000
target_version: "14"
cutover: true
instances: [{{select: {{tags: {{env: prod}}}}}}]
polling: {{first: 50ms, min: 20ms, max: 200ms}}
timeouts: {{settle: 1500ms, request: 1s, verify: 20s}}
{})",
                     cloud.url(), more);
}

void replace(std::string& text, const std::string& was, const std::string& is) {
  const std::size_t at = text.find(was);
  REQUIRE(at != std::string::npos);
  text.replace(at, was.size(), is);
}

StandIn quick_cloud(int instances, std::vector<std::string> more) {
  more.insert(more.begin(), {"--instances", std::to_string(instances), "--check-time", "0",
                             "--upgrade-time", "0"});
  return StandIn(std::move(more));
}

json stats(const StandIn& cloud) {
  return json::parse(cloud.get("/_stats"));
}

int counted(const StandIn& cloud, const char* what) {
  return stats(cloud)[what];
}

int upgrades(const StandIn& cloud) {
  return counted(cloud, "upgrades");
}

void end_upgrades(const StandIn& cloud) {
  cloud.get("/_forward?by=2h");
}

void end_upgrades(Child& driver, const StandIn& cloud, int first, int last, int together) {
  for (int accepted = first; accepted <= last; accepted += together) {
    until(driver, [&] { return upgrades(cloud) == accepted; });
    end_upgrades(cloud);
  }
}

void until(Child& driver, const std::function<bool()>& holds) {
  for (int tries = 0; !holds(); ++tries) {
    const auto ended = driver.wait(20ms);
    REQUIRE_MESSAGE(!ended, "the driver ended: ", ended ? ended->err : "");
    REQUIRE(tries < 1'500);
  }
}

std::string distant_window() {
  const auto today =
      std::chrono::weekday(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  constexpr const char* week[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  return fmt::format("{{days: [{}], from: \"01:00\", to: \"01:01\", zone: UTC}}",
                     week[(today.c_encoding() + 3) % 7]);
}

Ended Desk::pawl(std::vector<std::string> words,
                 const std::vector<std::string>& environment) const {
  words.insert(words.begin(), program());
  words.insert(words.end(), {"--store", store()});
  return run(words, directory_.path(), environment);
}

json Desk::json_of(std::vector<std::string> words) const {
  words.emplace_back("--json");
  const Ended ended = pawl(std::move(words));
  REQUIRE_MESSAGE(json::accept(ended.out), ended.out, ended.err);
  return json::parse(ended.out);
}

std::vector<json> Desk::history(std::vector<std::string> filters) const {
  filters.insert(filters.begin(), {"history", "--output", "ndjson"});
  const Ended ended = pawl(std::move(filters));
  REQUIRE_MESSAGE(ended.code == 0, ended.err);
  std::vector<json> entries;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);)
    entries.push_back(json::parse(line));
  return entries;
}

int run_with_kills(const Desk& desk, const StandIn& cloud, const std::string& plan, unsigned seed,
                   std::chrono::milliseconds shortest, std::chrono::milliseconds longest,
                   int most) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int64_t> life_ms(shortest.count(), longest.count());
  const auto calls = [&] { return counted(cloud, "requests"); };
  int kills = 0;
  for (; kills < most; ++kills) {
    const int before = calls();
    Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
    std::optional<Ended> ended;
    while (!ended && calls() == before)
      ended = driver.wait(5ms);
    if (!ended)
      ended = driver.wait(std::chrono::milliseconds{life_ms(random) * (100 + kills) / 100});
    if (ended) {
      REQUIRE_MESSAGE(ended->code == 0, ended->err);
      break;
    }
    driver.signal(SIGKILL);
    REQUIRE(driver.wait(10s));
  }
  return kills;
}

namespace {

/// Whether some calls were answered otherwise than asked, so that one that repeats is in order.
bool had_trouble(const json& counted) {
  const json& calls = counted["by_endpoint"];
  return !counted["faults"].empty() || calls["refused"] > 0 || calls["throttled"] > 0;
}

}  // namespace

void check_agreement(const Desk& desk, const StandIn& cloud) {
  const json counted = stats(cloud);
  const json status = desk.json_of({"status"});
  CHECK(counted["upgrades_max_per_instance"].get<int>() <= 1);
  if (!had_trouble(counted)) CHECK(counted["upgrade_posts_max_per_instance"].get<int>() <= 1);

  std::map<std::string, int> upgrades;
  std::int64_t seq = 0;
  for (const json& entry : desk.history()) {
    CHECK(entry["seq"].get<std::int64_t>() == ++seq);
    const std::string event = entry["event"];
    if (event == "upgrade_accepted" || event == "upgrade_adopted") {
      ++upgrades[entry["instance_id"].get<std::string>()];
    }
  }
  for (const auto& [id, count] : upgrades) {
    CHECK(count == 1);
    CHECK(counted["instances"][id]["upgrades"] == 1);
  }
  CHECK(static_cast<int>(upgrades.size()) == counted["upgrades"].get<int>());
  for (const json& instance : status["instances"]) {
    const std::string id = instance["instance_id"];
    if (instance["state"] == "succeeded") CHECK(upgrades.count(id) == 1);
  }
  const Ended verified = desk.pawl({"audit", "verify"});
  CHECK_MESSAGE(verified.code == 0, verified.out);
}

}  // namespace pawl::test
