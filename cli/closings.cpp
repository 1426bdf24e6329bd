#include "cli/closings.h"

#include <fmt/core.h>

#include <charconv>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/entries.h"
#include "storage/levers.h"
#include "storage/obligations.h"

namespace pawl {

namespace {

/// The numbers of a lever's target, each once and in order.
std::map<std::int64_t, StoredObligation> meant_by(std::string_view target) {
  std::map<std::int64_t, StoredObligation> meant;
  const char* at = target.data();
  const char* const end = at + target.size();
  while (at < end) {
    std::int64_t number = 0;
    const auto [after, flaw] = std::from_chars(at, end, number);
    if (flaw == std::errc{}) meant[number];
    at = after == at ? at + 1 : after;
  }
  return meant;
}

Result<std::vector<Entry>> answers_to(Database& database, const Lever& lever, Instant now) {
  auto meant = meant_by(lever.target);
  ObligationFilter filter;
  filter.closed_too = true;
  for (const auto& [number, none] : meant)
    filter.numbers.push_back(number);
  Outcome read = each_obligation(database, filter, [&](const StoredObligation& found) {
    meant[found.number] = found;
    return true;
  });
  if (!read) return read.error();
  std::vector<Entry> entries;
  for (const auto& [number, obligation] : meant) {
    if (obligation.number == 0 || obligation.closed) {
      Lever one = lever;
      one.target = fmt::format("{}", number);
      const char* why =
          obligation.closed ? "it is closed already" : "there is no obligation of this number";
      entries.push_back(refused_lever_entry(one, why, now));
      continue;
    }
    auto last = last_entry_of(database, obligation.run);
    if (!last) return last.error();
    entries.push_back(obligation_closed_entry(*last, number, obligation.kind, lever, now));
  }
  return entries;
}

/// What is answered is what waits once the transaction has begun.
Result<bool> close_next(SqliteJournal& journal, Database& database, Instant now) {
  if (auto begun = journal.begin(""); !begun) return begun.error();
  auto waiting = waiting_closings(database);
  if (!waiting || waiting->empty()) {
    journal.abandon();
    return waiting ? Result<bool>(false) : waiting.error();
  }
  auto entries = answers_to(database, waiting->front(), now);
  if (!entries) {
    journal.abandon();
    return entries.error();
  }
  Batch batch;
  batch.entries = *entries;
  batch.pulled = {&waiting->front().id, 1};
  if (Outcome written = journal.commit(batch); !written) return written.error();
  return waiting->size() > 1;
}

}  // namespace

Outcome close_as_asked(SqliteJournal& journal, Database& database, Instant now) {
  auto waiting = waiting_closings(database);
  if (!waiting) return waiting.error();
  bool more = !waiting->empty();
  while (more) {
    auto closed = close_next(journal, database, now);
    if (!closed) return closed.error();
    more = *closed;
  }
  return Done{};
}

}  // namespace pawl
