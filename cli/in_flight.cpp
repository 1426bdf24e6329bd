#include "cli/in_flight.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/run_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

constexpr std::array<std::string_view, 3> phases{"intended", "submitted", "unsure"};
constexpr std::string_view verifying = "verifying";

std::int64_t& count_for(InFlight& flying, std::uint8_t step) {
  switch (step) {
    case upgrade_step::precheck:
      return flying.checks;
    case upgrade_step::upgrade:
      return flying.upgrades;
    case upgrade_step::verify:
      return flying.verifications;
    case upgrade_step::backup:
      return flying.backups;
    default:
      return flying.hooks;
  }
}

std::string counted(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

bool is_in_flight(const RunView& run) {
  return run.word == verifying ||
         std::find(phases.begin(), phases.end(), run.phase) != phases.end();
}

Result<InFlight> in_flight_of(std::span<const RunView> runs) {
  InFlight flying;
  for (const RunView& stored : runs) {
    if (!is_in_flight(stored)) continue;
    const Result<Run> run = run_of(stored);
    if (!run) return run.error();
    ++count_for(flying, run->step);
  }
  return flying;
}

Result<InFlight> in_flight_of(AuditReader& audit, const std::string& rollout) {
  const auto runs = audit.runs_in(rollout, verifying, phases);
  if (!runs) return runs.error();
  return in_flight_of(*runs);
}

std::string in_flight_words(const InFlight& flying) {
  if (flying.all() == 0) return "nothing of it is in flight";
  std::vector<std::string> there;
  for (const auto& [count, what] : std::initializer_list<std::pair<std::int64_t, std::string_view>>{
           {flying.checks, "check"},
           {flying.backups, "backup"},
           {flying.upgrades, "upgrade"},
           {flying.verifications, "verification"}}) {
    if (count > 0) there.push_back(counted(count, what));
  }
  std::string words = "in flight: ";
  for (std::size_t i = 0; i < there.size(); ++i)
    words += (i == 0 ? "" : i + 1 == there.size() ? " and " : ", ") + there[i];
  if (!there.empty()) words += " at the cloud";
  if (flying.hooks == 0) return words;
  return fmt::format("{}{}{} here", words, there.empty() ? "" : ", ",
                     counted(flying.hooks, "hook"));
}

Json in_flight_json(const InFlight& flying) {
  return {{"checks", flying.checks},
          {"backups", flying.backups},
          {"upgrades", flying.upgrades},
          {"verifications", flying.verifications},
          {"hooks", flying.hooks}};
}

}  // namespace pawl
