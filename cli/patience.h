// Waiting for a store that another program writes to, with a word to the person who waits
// (decision 12).
#pragma once

#include <string>

#include "cli/log.h"
#include "storage/sqlite.h"

namespace pawl {

/// `log` outlives the store that is opened with it.
inline Patience patience_told_by(const Log& log) {
  Patience patience;
  patience.tell = [&log](const std::string& word) { log.warn(word); };
  return patience;
}

}  // namespace pawl
