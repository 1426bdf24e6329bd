// Waiting for a store that another program writes to, with a word to the person who waits
// (decision 12).
#pragma once

#include <string>

#include "cli/log.h"
#include "storage/sqlite.h"

namespace pawl {

/// `log` outlives the store that is opened with it.
inline LockWait lock_wait_told_by(const Log& log) {
  LockWait lock_wait;
  lock_wait.tell = [&log](const std::string& word) { log.warn(word); };
  return lock_wait;
}

}  // namespace pawl
