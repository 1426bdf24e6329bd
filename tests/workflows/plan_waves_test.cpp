#include "workflows/plan_waves.h"

#include <doctest/doctest.h>

#include "workflows/plan_reader.h"

using namespace pawl;
using namespace std::chrono_literals;

TEST_CASE("a wave has its own rules, and those of defaults where it says nothing") {
  const PlanReading reading = read_plan(R"(
name: p
cloud: {region: eu-de}
target_version: "14"
cutover: true
instances: [{select: {name: "*"}}]
defaults:
  soak: 30m
  overshoot: never
  spread: {tag: service, max: 2}
  windows: [{days: [sat, sun], from: "01:00", to: "05:30", zone: Europe/Berlin}]
waves:
  - {name: a, select: {name: x}}
  - {name: b, soak: 0s, overshoot: allowed, spread: {}, windows: [], approval: required}
)",
                                        PlanUse::to_start);
  REQUIRE_MESSAGE(reading.plan, render_mistakes(reading.mistakes, "plan"));
  const pawl::Wave& a = reading.plan->waves[0];
  CHECK(a.soak == 30min);
  CHECK(a.overshoot == Overshoot::never);
  CHECK(a.approval == Approval::none);
  CHECK(a.spread == Spread{"service", 2});
  CHECK(a.windows == std::vector{Window{0x60, 1h, 5h + 30min, "Europe/Berlin"}});
  const pawl::Wave& b = reading.plan->waves[1];
  CHECK(b.soak == 0s);
  CHECK(b.overshoot == Overshoot::allowed);
  CHECK(b.approval == Approval::required);
  CHECK_FALSE(b.spread.has_value());
  CHECK(b.windows.empty());
}
