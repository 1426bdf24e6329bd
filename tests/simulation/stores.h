// Where a world's journal lies: in memory, or in the real store on a disk that fails.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal.h"
#include "engine/workflow.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

class WorldStore {
 public:
  WorldStore() = default;
  WorldStore(const WorldStore&) = delete;
  WorldStore& operator=(const WorldStore&) = delete;
  virtual ~WorldStore() = default;

  /// Opens it for a new driver. After an error it may be tried again.
  virtual Result<Journal*> open() = 0;
  /// The driver is gone: it ended after an error, or was killed.
  virtual void close(bool killed) = 0;
  /// Something goes wrong with one of the next commits.
  virtual void endanger() = 0;
  /// An operator writes `lever` down, whether a driver runs or not; its number.
  virtual Result<std::int64_t> post(const Lever& lever) = 0;
  /// Every entry, in order. REQUIRES: open.
  virtual std::vector<Entry> entries() = 0;
  /// What `pawl audit verify` says; nothing when all is well. REQUIRES: open.
  virtual std::optional<std::string> flaw(const Workflow& workflow) = 0;
};

std::unique_ptr<WorldStore> make_store(World& world);

}  // namespace pawl::simulation
