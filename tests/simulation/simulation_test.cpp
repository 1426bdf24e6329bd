// Whole rollouts in virtual time, thousands of them, on worlds that a seed makes. A failing one
// prints the command that plays it again; PAWL_SEED=n plays one seed, PAWL_SEEDS=n so many.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/simulation/play.h"

using namespace pawl;
using namespace pawl::simulation;

namespace {

constexpr std::size_t lines_told = 100;
/// So many worlds have met everything.
constexpr std::uint64_t seeds_enough = 1'000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t seeds_by_default = 150;
#else
constexpr std::uint64_t seeds_by_default = 2'000;
#endif

constexpr std::array must_be_met{
    // the network and the cloud
    "calls lost", "answers lost", "answers too late", "calls not sent", "submits held back",
    "submits applied late", "reset-before", "reset-after", "500-before", "500-after", "502-before",
    "502-after", "429", "429-retry-after", "redirect", "garbage", "cut-json", "truncated",
    "oversized", "dribble", "credentials refused", "cloud clocks set forward",
    "cloud clocks set back",
    // the process, its machine and its store
    "crashes", "interruptions", "slow commits", "machines asleep", "wall clocks set forward",
    "wall clocks set back", "failed commits that were kept", "failed commits that were lost",
    "stores on a disk", "audits", "full disks", "broken disks", "failed syncs",
    "power cuts that lost it", "power cuts that kept it", "power cuts that tore the last page",
    "power cuts that scattered it", "failed openings",
    // other people
    "foreign checks", "foreign upgrades", "instances changed by others",
    "minor versions changed by others",
    // operators
    "lever pause", "lever unpause", "lever freeze", "lever unfreeze", "lever approve", "lever deny",
    "lever cancel", "lever retry", "lever skip", "lever_refused", "helping hands",
    "upgrades attempted once more", "cloud_clock_moved", "calls_slowed",
    // backups and hooks
    "backups made", "backup_unsure", "backup_adopted", "backup_completed", "backup_failed",
    "hooks run", "hooks that could not be made", "hooks ended well", "hooks ended badly",
    "hooks held back", "hooks left behind", "hook_started", "hook_passed", "hook_failed",
    "retried after the upgrade",
    // what came of it
    "precheck_unsure", "precheck_adopted", "precheck_expired", "precheck_failed", "upgrade_unsure",
    "upgrade_adopted", "upgrade_not_sent", "upgrade_refused", "upgrade_failed", "verify_failed",
    "upgrades proven not to have arrived", "operator_needed", "instance_skipped",
    "instance_cancelled", "obligations in doubt", "rollouts finished", "rollouts halted",
    "rollouts attention", "rollouts cancelled", "soak_started", "approval_requested"};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string command_for(std::uint64_t seed) {
  return fmt::format("PAWL_SEED={} {} -tc=\"{}\"", seed, PAWL_TEST_BINARY,
                     doctest::getContextOptions()->currentTest->m_name);
}

void play_and_judge(std::uint64_t seed, Tally& tally) {
  const auto broken = play(seed, tally);
  if (!broken) return;
  Story story;
  Tally again;
  const auto same = play(seed, again, &story);
  FAIL_CHECK(
      fmt::format("{}\n{}\nplay it again: {}{}", broken->law,
                  last_of(story, broken->instance, lines_told), command_for(seed),
                  same ? "" : "\nit was well the second time: it hangs on more than the seed"));
}

std::string told(const Tally& tally) {
  std::string lines;
  for (const auto& [what, count] : tally.counts())
    lines += fmt::format("\n{:>10}  {}", count, what);
  return lines;
}

}  // namespace

TEST_CASE("no law is broken and every rollout ends, whatever a world does to it") {
  Tally tally;
  if (const std::uint64_t seed = number_from("PAWL_SEED", 0); seed > 0) {
    return play_and_judge(seed, tally);
  }
  const std::uint64_t seeds = number_from("PAWL_SEEDS", seeds_by_default);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    play_and_judge(seed, tally);
  MESSAGE("exercised:" << told(tally));
  if (seeds < seeds_enough) return;
  for (const std::string_view what : must_be_met) {
    CAPTURE(what);
    CHECK(tally.of(what) > 0);
  }
}
