// What the model keeps of each instance and of what was done to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/time.h"

namespace pawl::simulate {

enum class Kind : std::uint8_t { check, upgrade };

/// A check or an upgrade.
struct Task {
  std::string id, target, source_version;
  CloudInstant start;
  Duration takes{0};
  std::uint32_t polls_left = 0;       ///< where polls decide instead of time
  std::optional<CloudInstant> ended;  ///< once it is known to have ended
  bool fails = false;
  std::uint64_t luck = 0;       ///< decides what it finds when it fails
  bool cutover = false;         ///< of an upgrade
  std::string statistics;       ///< of an upgrade, as it was asked for
  std::size_t made = 0;         ///< of an upgrade: the position of the instance that it makes
  CloudInstant updated_before;  ///< of an upgrade: its instance's `updated` until then
  bool swapped = false;
};

/// A manual backup.
struct Backup {
  std::string id, name, description;
  CloudInstant start;
  Duration takes{0};
  bool fails = false;
  bool noted = false;  ///< its end stands in the instance's `updated`
};

/// A state that keeps operations out.
enum class Hold : std::uint8_t { none, backup, frozen };

struct Instance {
  std::string id, name, version, ip;
  const char* engine = "PostgreSQL";  ///< as the list spells it
  const char* type = "Ha";            ///< Single, Ha or Replica
  Hold hold = Hold::none;
  std::optional<std::size_t> primary;  ///< of a replica: the position of what it copies
  std::vector<std::size_t> replicas;
  std::optional<std::size_t> dr_primary;  ///< of a standby: the position of what it stands by for
  std::vector<std::size_t> standbys;
  std::vector<std::pair<std::string, std::string>> tags;
  CloudInstant created, updated;
  std::vector<Task> checks, upgrades;  ///< oldest first
  std::vector<Backup> backups;         ///< oldest first; each of them was accepted
  std::uint32_t checks_accepted = 0, upgrades_accepted = 0;
  std::uint32_t upgrade_posts = 0;  ///< that came, whatever became of them
  std::optional<std::pair<std::size_t, std::size_t>> made_by;  ///< instance and its upgrade
};

}  // namespace pawl::simulate
