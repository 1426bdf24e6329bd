// Commands that a person has a rollout run, as values: what to run, and how it ended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/time.h"

namespace pawl {

/// A shell command. Its environment is the driver's, less what is secret, with `variables` added.
struct Command {
  std::string line;       ///< for /bin/sh -c
  std::string directory;  ///< absolute
  /// Names and values; the first is no other command's, so its processes are known by it.
  std::vector<std::pair<std::string, std::string>> variables;
  std::string input;          ///< its stdin, at most 64 KiB
  Duration timeout{600'000};  ///< then its process group is ended
  bool operator==(const Command&) const = default;
};

/// How a command ended: of itself with `code`, or by `signal` where that is not 0.
struct Exited {
  int code = 0;
  int signal = 0;
  bool timed_out = false;  ///< ended because its time was over
  std::string output;      ///< stdout and stderr as they came; legible UTF-8, its middle cut out
  bool operator==(const Exited&) const = default;
};

/// How a command ends that cannot be run, and what it writes where that is because its directory
/// cannot be entered; the directory follows.
inline constexpr int cannot_be_run = 126;  // as a shell has it
inline constexpr std::string_view directory_lost = "the plan's directory cannot be entered: ";
/// It was not run for want of its directory, as no other of the same plan would be.
bool lost_its_directory(const Exited& exited);

/// "exit code 3" and the like, with the last line of the output.
std::string describe(const Exited& exited);
/// Ended of itself, with exit code 0.
bool went_well(const Exited& exited);

}  // namespace pawl
