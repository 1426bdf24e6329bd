#include "cli/history_rows.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/json_field.h"
#include "cli/text.h"

namespace pawl {

std::vector<Column> history_columns(std::size_t width, HistoryOf of) {
  const bool narrow = width < 150;
  // What the others leave to it where the reasons stand below: of two rollouts of a plan the end of
  // the name tells which it is.
  const std::size_t taken = narrow ? 88 : 128, least = 14;
  const std::size_t rollout = width > taken + least ? width - taken : least;
  return {{"seq", "SEQ", 10},
          {"time", "TIME", 24},
          {"rollout", of == HistoryOf::several ? "ROLLOUT" : "", rollout},
          {"wave", narrow ? "" : "WAVE", 12},
          {"instance_id", narrow && of == HistoryOf::one_run ? "" : "INSTANCE", narrow ? 10U : 36U},
          {"event", "EVENT", 20},
          {"from", "", 0},
          {"to", "TO", 17},
          {"actor", "", 0},
          {"attempt", "", 0},
          {"data", "WHY", any_columns, "why", true},
          {"prev_hash", "", 0},
          {"hash", "", 0}};
}

namespace {

/// The reason, and before it who acted, where that was not the engine: a column of its own would
/// take the room from the reasons.
std::string why(const Entry& entry) {
  const std::string reason = text_field(entry.data, "reason");
  if (entry.actor == "engine") return reason;
  return reason.empty() ? "by " + entry.actor : "by " + entry.actor + ": " + reason;
}

}  // namespace

std::vector<Cell> history_cells(Format format, const StoredEntry& stored) {
  const Entry& entry = stored.entry;
  return {Cell::of(stored.seq),
          Cell::of(format_utc(entry.at)),
          Cell::of(entry.rollout),
          Cell::of(stored.wave_name),
          Cell::of(entry.instance_id),
          Cell::of(entry.event),
          Cell::of(entry.from),
          Cell::of(entry.to),
          Cell::of(entry.actor),
          entry.attempt == 0 ? Cell{} : Cell::of(std::int64_t{entry.attempt}),
          format == Format::table ? Cell::of(why(entry)) : Cell::json(entry.data),
          Cell::of(stored.prev_hash),
          Cell::of(stored.hash)};
}

std::string entry_json(const StoredEntry& stored) {
  return dump(
      row_json(history_columns(0, HistoryOf::several), history_cells(Format::ndjson, stored)));
}

Outcome print_history(Format format, AuditReader& audit, const HistoryFilter& filter) {
  const HistoryOf of = filter.runs.size() == 1   ? HistoryOf::one_run
                       : !filter.rollout.empty() ? HistoryOf::one_rollout
                                                 : HistoryOf::several;
  RowPrinter rows(format, history_columns(terminal_columns(1, 160), of), stdout);
  Outcome read = audit.history(filter, [&](const StoredEntry& stored) {
    rows.row(history_cells(format, stored));
    return std::ferror(stdout) == 0;
  });
  rows.end();
  return read;
}

}  // namespace pawl
