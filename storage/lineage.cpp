#include "storage/lineage.h"

#include <fmt/core.h>

#include <map>
#include <set>
#include <utility>

namespace pawl {

namespace {

class Search {
 public:
  explicit Search(Database& database) : database_(database) {}

  Outcome prepare();
  Outcome from(const std::string& instance);
  std::vector<Descent> found();

 private:
  using Ids = std::set<std::string>;

  /// Adds the runs that `statement` finds for `key`, and to `next` what leads on from each.
  Outcome add(Statement& statement, const std::string& key, std::string Descent::*on, Ids& next);
  /// Goes on from id to id, to each once.
  Outcome follow(Statement& statement, std::string Descent::*on, Ids ids);

  Database& database_;
  Statement named_, about_, makers_;
  std::map<std::int64_t, Descent> found_;
};

Outcome Search::prepare() {
  const std::pair<Statement*, std::string_view> all[] = {
      {&named_, "SELECT run FROM runs WHERE name = ?1"},
      {&about_, "SELECT run FROM runs WHERE instance_id = ?1"},
      {&makers_, select_makers}};
  for (const auto& [statement, runs] : all) {
    auto prepared = database_.prepare(
        fmt::format("SELECT u.run, r.id, u.instance_id, s.made FROM runs u "
                    "JOIN rollouts r ON r.key = u.rollout JOIN run_states s ON s.run = u.run "
                    "WHERE u.run IN ({})",
                    runs));
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return Done{};
}

Outcome Search::add(Statement& statement, const std::string& key, std::string Descent::*on,
                    Ids& next) {
  statement.bind(key);
  while (true) {
    const Result<bool> row = statement.step();
    if (!row) return row.error();
    if (!*row) return Done{};
    Descent descent{statement.integer(0), std::string(statement.text(1)),
                    std::string(statement.text(2)), std::string(statement.text(3))};
    if (!(descent.*on).empty()) next.insert(descent.*on);
    found_.emplace(descent.run, std::move(descent));
  }
}

Outcome Search::follow(Statement& statement, std::string Descent::*on, Ids ids) {
  Ids met;
  while (!ids.empty()) {
    const std::string id = std::move(ids.extract(ids.begin()).value());
    if (!met.insert(id).second) continue;
    if (Outcome added = add(statement, id, on, ids); !added) return added;
  }
  return Done{};
}

Outcome Search::from(const std::string& instance) {
  Ids older{instance}, newer{instance};
  if (Outcome added = add(named_, instance, &Descent::instance_id, older); !added) return added;
  if (Outcome added = add(named_, instance, &Descent::new_instance_id, newer); !added) return added;
  if (Outcome made = follow(makers_, &Descent::instance_id, std::move(older)); !made) return made;
  return follow(about_, &Descent::new_instance_id, std::move(newer));
}

std::vector<Descent> Search::found() {
  std::vector<Descent> all;
  for (auto& [run, descent] : found_)
    all.push_back(std::move(descent));
  return all;
}

}  // namespace

Result<std::vector<Descent>> lineage_of(Database& database, const std::string& instance) {
  Transaction moment(database);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  Search search(database);
  if (Outcome prepared = search.prepare(); !prepared) return prepared.error();
  if (Outcome searched = search.from(instance); !searched) return searched.error();
  return search.found();
}

}  // namespace pawl
