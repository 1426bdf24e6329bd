#include "storage/rollout_row.h"

#include <fmt/core.h>

namespace pawl {

RolloutRecord record_in(const Statement& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), row.integer(2),
          std::string(row.text(3)), std::string(row.text(4)), std::string(row.text(5)),
          std::string(row.text(6)), std::string(row.text(7)), row.instant(8)};
}

Error no_rollout(const Database& database, const std::string& id) {
  return {Fault::usage, fmt::format("the store {} has no rollout `{}`; `pawl list` shows those it "
                                    "has",
                                    database.path(), id)};
}

}  // namespace pawl
