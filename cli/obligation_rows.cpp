#include "cli/obligation_rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace pawl {

std::vector<Column> obligation_columns() {
  return {{"number", "NUMBER", 10},
          {"rollout", "", 0},
          id_column(),
          {"name", "NAME", 24},
          {"kind", "KIND", 17},
          {"opened", "SINCE", 24},
          {"text", "WHAT TO DO", any_columns, "do", true},
          {"closed", "CLOSED", 24, "closed", true},
          {"closed_by", "BY", any_columns, "by", true},
          {"closed_reason", "WHAT WAS DONE", any_columns, "done", true}};
}

void print_obligations(Format format, std::span<const StoredObligation> all,
                       std::vector<Column> columns) {
  RowPrinter rows(format, std::move(columns), stdout);
  for (const StoredObligation& obligation : all)
    rows.row(obligation_cells(obligation));
  rows.end();
}

std::vector<Cell> obligation_cells(const StoredObligation& obligation) {
  const auto& closed = obligation.closed;
  return {Cell::of(obligation.number),
          Cell::of(obligation.rollout),
          Cell::of(obligation.instance_id),
          Cell::of(obligation.name),
          Cell::of(obligation.kind),
          Cell::of(format_utc(obligation.opened)),
          Cell::of(obligation.text),
          closed ? Cell::of(format_utc(closed->at)) : Cell{},
          closed ? Cell::of(closed->by) : Cell{},
          closed ? Cell::of(closed->reason) : Cell{}};
}

Json obligation_json(const StoredObligation& obligation) {
  return row_json(obligation_columns(), obligation_cells(obligation));
}

std::string words_of_open(std::int64_t count, const std::string& rollout) {
  const bool one = count == 1;
  return fmt::format("{} {} open; `pawl obligations --rollout {}` lists {}", count,
                     one ? "obligation is" : "obligations are", rollout, one ? "it" : "them");
}

}  // namespace pawl
