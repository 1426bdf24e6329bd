// What a driver that takes a run up knows of it.
#pragma once

#include <utility>

#include "engine/run.h"

namespace pawl::explorer {

/// `committed` without what no entry keeps.
inline Run taken_up(Run committed) {
  committed.holds_place = false;
  committed.cleared = false;
  committed.looked_at = committed.round_began = {};
  return committed;
}

}  // namespace pawl::explorer
