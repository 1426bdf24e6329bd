#include "storage/levers.h"

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace pawl {

namespace {

Result<std::vector<Lever>> waiting(Database& database, std::string_view which,
                                   const std::string& rollout) {
  Result<Statement> rows = database.prepare(
      fmt::format("SELECT id, at, kind, rollout, target, actor, reason FROM levers "
                  "WHERE answered = 0 AND rollout IN ('', ?1) AND kind {} ORDER BY id",
                  which));
  if (!rows) return rows.error();
  rows->bind(rollout);
  std::vector<Lever> levers;
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return levers;
    const auto kind = lever_kind_from(rows->text(2));
    if (!kind) {
      return Error{Fault::store,
                   fmt::format("the store {} holds a lever `{}` that this pawl does not know; use "
                               "the pawl that wrote it",
                               database.path(), rows->text(2))};
    }
    levers.push_back({rows->integer(0), rows->instant(1), *kind, std::string(rows->text(3)),
                      std::string(rows->text(4)), std::string(rows->text(5)),
                      std::string(rows->text(6))});
  }
}

}  // namespace

Result<std::int64_t> post_levers(Database& database, std::span<const Lever> levers) {
  Transaction transaction(database);
  if (Outcome begun = transaction.begin_write(); !begun) return begun.error();
  Result<Statement> insert = database.prepare(
      "INSERT INTO levers(at, kind, rollout, target, actor, reason, answered) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0) RETURNING id");
  if (!insert) return insert.error();
  std::int64_t id = 0;
  for (const Lever& lever : levers) {
    insert->bind(lever.at, to_string(lever.kind), lever.rollout, lever.target, lever.by,
                 lever.reason);
    const Result<bool> row = insert->step();
    if (!row) return row.error();
    id = insert->integer(0);
    insert->reset();
  }
  if (Outcome committed = transaction.commit(); !committed) return committed.error();
  return id;
}

Result<std::vector<Lever>> waiting_levers(Database& database, const std::string& rollout) {
  return waiting(database, "<> 'close'", rollout);
}

Result<std::vector<Lever>> waiting_closings(Database& database) {
  return waiting(database, "= 'close'", "");
}

Result<std::vector<AskedLever>> asked_levers(Database& database, const std::string& rollout) {
  std::vector<AskedLever> asked;
  Outcome read = database.each(
      "SELECT at, kind, target, actor, reason FROM levers "
      "WHERE answered = 0 AND rollout IN ('', ?1) ORDER BY id",
      [&](const Statement& row) {
        asked.push_back({row.instant(0), std::string(row.text(1)), std::string(row.text(2)),
                         std::string(row.text(3)), std::string(row.text(4))});
      },
      rollout);
  if (!read) return read.error();
  return asked;
}

Result<std::vector<std::string>> rollouts_with_levers(Database& database) {
  return database.texts("SELECT DISTINCT rollout FROM levers WHERE answered = 0 ORDER BY rollout");
}

Result<bool> lever_answered(Database& database, std::int64_t id) {
  const auto answered =
      database.integer("SELECT EXISTS(SELECT 1 FROM levers WHERE id = ?1 AND answered <> 0)", id);
  if (!answered) return answered.error();
  return *answered != 0;
}

Result<bool> store_frozen(Database& database) {
  const auto frozen = database.integer(
      "SELECT coalesce((SELECT event = 'freeze_set' FROM entries "
      "WHERE event IN ('freeze_set', 'freeze_lifted') ORDER BY seq DESC LIMIT 1), 0)");
  if (!frozen) return frozen.error();
  return *frozen != 0;
}

}  // namespace pawl
