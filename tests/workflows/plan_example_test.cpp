// The full example of the contract, whole and damaged.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "workflows/plan_reader.h"

using pawl::Mistake;
using pawl::read_plan;

namespace {

const std::string& contract_example() {
  static const std::string text = R"(name: pg14-2026q4                # [a-z0-9][a-z0-9-]{0,62}
cloud:
  region: eu-west-101            # endpoint follows from it
  endpoint: http://127.0.0.1:8080  # optional override; plain http only on loopback unless insecure: true
  project_id: 0483b6b16e954cb88930a360d2c4e663   # or from the environment
  calls_per_minute: 60           # the account's quota; pawl keeps below it, also across restarts
workflow: rds-postgresql-major-upgrade            # the default
target_version: "14"             # a major version takes the newest offered minor; "14.6" means that one
cutover: true                    # is_change_private_ip; false makes a rehearsal copy and leaves traffic alone
statistics: before_cutover       # or after_cutover; statistics_collection_mode
instances:                       # which instances this plan may touch
  - ids: [3aa441c4c98a4b36b100a7e3e87d17cein03]
  - select: {name: "orders-*", tags: {env: prod}, version: "13"}
exclude:
  - names: [orders-archive]
max_failures: 20                 # over the whole rollout, beside each wave's own (no default: only the waves count)
defaults:                        # every wave inherits these
  max_parallel: 10               # upgrades in flight at once
  max_failures: 0                # a number or a percentage ("5%", rounded down) of the wave; one more halts the rollout
  overshoot: allowed             # or never: start only what, were all in flight to fail, stays within max_failures + 1
  soak: 0s                       # time between the last end of this wave and the opening of the next
  approval: none                 # or required: the wave waits for `pawl approve`
  windows: []                    # maintenance windows in which an upgrade may be triggered; one that, going by what
                                 # such upgrades have taken, could not end inside its window is not triggered
  spread: {}                     # {tag: service, max: 1}: never more than max in flight with the same value of the tag
waves:
  - name: canary
    select: {tags: {tier: canary}}
    max_parallel: 1
    soak: 30m
  - name: rest                   # a wave with no select takes all that is left
    approval: required
    windows:
      - {days: [sat, sun], from: "01:00", to: "05:00", zone: Europe/Berlin}
check:
  parallel: 50                   # pre-checks in flight at once
  ahead: true                    # check the whole fleet first, before the first upgrade
  margin: 10m                    # a report that expires sooner than this is taken as expired
  attempts: 3                    # how often an expired or failed-to-run check is made anew
polling: {first: 5s, min: 5s, max: 60s}
timeouts: {check: 1h, upgrade: 12h, verify: 1h, settle: 2m, request: 30s}
on_foreign: stop                 # a check or upgrade that someone else started: adopt, skip or stop (needs_operator)
backup: {before_upgrade: true}   # a manual backup must complete first
hooks:
  before_upgrade: [{run: "./drain.sh", timeout: 5m}]   # exit 0 lets the run go on; the run's facts are in PAWL_* variables
  after_upgrade:  [{run: "./smoke.sh", timeout: 10m}]
notify: [{url: "https://hooks.example.com/x", events: [rollout_halted, approval_requested, rollout_finished]}]
)";
  return text;
}

/// Cheap and different each time; the seed stands in the test's name when it fails.
std::string damaged(std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string text = contract_example();
  constexpr std::string_view bytes = "[]{}:,-?&*!|>'\"%@`# \n\t\r0aZ\\\x04\xC3\xA4\xFF\0";
  for (std::uint32_t change = random() % 8 + 1; change > 0; --change) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = bytes[random() % bytes.size()];
        break;
      case 1:
        text.insert(at, 1, bytes[random() % bytes.size()]);
        break;
      case 2:
        text.erase(at, random() % 40);
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 200));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("the contract's example has no mistakes") {
  const auto reading = read_plan(contract_example(), pawl::PlanUse::to_start);
  for (const Mistake& mistake : reading.mistakes)
    CHECK_MESSAGE(false, mistake.line, ": ", mistake.message);
  CHECK(reading.plan);
}

TEST_CASE("a plan that is cut off anywhere is never taken for a whole one without its instances") {
  const std::string& whole = contract_example();
  const std::size_t instances = whole.find("instances:");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const auto reading =
        read_plan(std::string_view(whole).substr(0, bytes), pawl::PlanUse::to_start);
    CAPTURE(bytes);
    CHECK(reading.plan.has_value() == reading.mistakes.empty());
    if (bytes < instances) CHECK_FALSE(reading.plan);
  }
}

TEST_CASE("a damaged plan is read or refused, with every place inside the file") {
  for (std::uint32_t seed = 0; seed < 3'000; ++seed) {
    const std::string text = damaged(seed);
    const auto reading = read_plan(text, pawl::PlanUse::to_start);
    CAPTURE(seed);
    REQUIRE(reading.plan.has_value() == reading.mistakes.empty());
    // What may be started may go on.
    if (reading.plan) REQUIRE(read_plan(text, pawl::PlanUse::started).plan == reading.plan);
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (const Mistake& mistake : reading.mistakes) {
      REQUIRE(mistake.line >= 1);
      REQUIRE(mistake.line <= lines);
      REQUIRE(mistake.column >= 1);
      REQUIRE_FALSE(mistake.message.empty());
    }
  }
}

TEST_CASE("a plan of ten thousand ids, or of as many mistakes, is read") {
  std::string ids, twice;
  for (int i = 0; i < 10'000; ++i) {
    ids += fmt::format("{}{:032x}in03", i == 0 ? "" : ", ", i);
    twice += "k: 1, ";
  }
  const std::string head = "{name: a, cloud: {region: eu-de}, target_version: 14, cutover: true, ";
  const auto big = read_plan(head + "instances: [{ids: [" + ids + "]}]}", pawl::PlanUse::to_start);
  REQUIRE(big.plan);
  CHECK(big.plan->instances[0].ids.size() == 10'000);
  CHECK(read_plan(head + twice + "instances: [{ids: [a]}]}", pawl::PlanUse::to_start)
            .mistakes.size() == 10'000);
}
