// All that a seed decides before anything happens: the plan, the cloud, and how bad the weather is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cli/simulate/settings.h"
#include "workflows/plan.h"

namespace pawl::simulation {

/// Shares of a thousand, and at the end how often.
struct Weather {
  std::size_t not_sent = 0;  ///< calls that never leave
  std::size_t slow = 0;      ///< calls that take seconds, up to beyond their time limit
  std::size_t lost = 0;      ///< on the way there, and as many on the way back
  std::size_t troubled = 0;  ///< answers that one of the stand-in's troubles spoils
  std::size_t late = 0;      ///< submits that the cloud applies late
  std::size_t overtaken =
      0;                    ///< of these, whose cloud's clock is set forward as the caller gives up
  std::size_t undated = 0;  ///< answers without a Date
  std::size_t suspended = 0;     ///< commits in which the machine falls asleep or the disk is slow
  std::size_t commit_fails = 0;  ///< commits that report an error
  std::size_t interrupted = 0;   ///< turns after which a person stops the driver
  std::size_t meddled = 0;       ///< looks of pawl's right after which someone else acts
  std::size_t hooks_unmade = 0;  ///< hooks that no process could be made for
  std::size_t hooks_fail = 0;    ///< hooks that end badly
  std::size_t hooks_hang = 0;    ///< hooks that do not end of themselves
  std::size_t lives = 0;         ///< how often the driver dies, at most
  std::size_t levers = 0;        ///< that operators pull
  std::size_t foreign = 0;       ///< acts of other people
  std::size_t clock_set = 0;     ///< how often the cloud's clock is set
};

struct Conditions {
  std::uint64_t seed = 0;
  Plan plan;
  simulate::Settings cloud;
  Weather weather;
  bool on_disk = false;  ///< the real store, on a disk that fails; else one in memory
  Duration storm{};      ///< after so long nothing goes wrong any more
};

Conditions conditions_of(std::uint64_t seed);

/// The cloud applies a submit, and shows it, before so long after it was sent, or never (the
/// assumption on which the settle time rests).
Duration slowest_acceptance(const Conditions& conditions);

}  // namespace pawl::simulation
