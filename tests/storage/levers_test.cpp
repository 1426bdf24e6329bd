#include "storage/levers.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

Lever lever(LeverKind kind, const std::string& rollout) {
  return {0, noon, kind, rollout, "", "ann@ops-1", ""};
}

std::vector<LeverKind> kinds(const std::vector<Lever>& levers) {
  std::vector<LeverKind> kinds;
  for (const Lever& one : levers)
    kinds.push_back(one.kind);
  return kinds;
}

}  // namespace

TEST_CASE(
    "a turn begins with the levers of its rollout and of the store that nobody has answered") {
  const Folder folder;
  make_store(folder.store());
  Driving driving = good(drive(folder.store()));
  SqliteJournal& journal = *driving.journal;
  const auto other = good(Database::open(folder.store(), Access::write));
  const auto begin = [&journal](const std::string& rollout,
                                const std::vector<std::int64_t>& pulled = {}) {
    const std::vector<Lever> levers = good(journal.begin(rollout));
    Batch batch;
    batch.pulled = pulled;
    good(journal.commit(batch));
    CHECK(good(journal.levers_wait(rollout)) == !(levers.size() == batch.pulled.size()));
    return kinds(levers);
  };
  using enum LeverKind;
  using Kinds = std::vector<LeverKind>;
  CHECK(begin("plan-1").empty());

  const std::int64_t last = good(post_levers(
      *other, std::array{lever(close, ""), lever(pause, "plan-2"), lever(unpause, "plan-1"),
                         lever(freeze, ""), lever(cancel, "plan-1")}));
  CHECK(begin("plan-1") == Kinds{unpause, freeze, cancel});
  CHECK(begin("plan-2") == Kinds{pause, freeze});
  CHECK(begin("plan-3") == Kinds{freeze});
  CHECK(begin("plan-1", {last - 2, last - 1, last}) == Kinds{unpause, freeze, cancel});
  CHECK(begin("plan-1").empty());
  CHECK(begin("plan-2") == Kinds{pause});
}

TEST_CASE("whoever looks sees what nobody has answered, known or not, closings too") {
  const Folder folder;
  make_store(folder.store());
  Driving driving = good(drive(folder.store()));
  const auto other = good(Database::open(folder.store(), Access::write));
  using enum LeverKind;
  const std::int64_t last = good(post_levers(
      *other, std::array{lever(close, ""), lever(pause, "plan-2"), lever(cancel, "plan-1")}));
  good(
      other->run("INSERT INTO levers(at, kind, rollout, target, actor, reason, answered) "
                 "VALUES(1, 'turn_back', 'plan-1', 'a', 'ann@ops-1', 'why', 0)"));
  const auto seen = [&](const char* rollout) {
    std::vector<std::string> kinds;
    for (const AskedLever& one : good(asked_levers(*other, rollout)))
      kinds.push_back(one.kind);
    return kinds;
  };
  using Words = std::vector<std::string>;
  CHECK(seen("plan-1") == Words{"close", "cancel", "turn_back"});
  CHECK(seen("plan-2") == Words{"close", "pause"});
  CHECK(good(asked_levers(*other, "plan-1")).back() ==
        AskedLever{Instant{Duration{1}}, "turn_back", "a", "ann@ops-1", "why"});
  check_refused(waiting_levers(*other, "plan-1"), Fault::store, {"turn_back"});
  good(other->run("UPDATE levers SET answered = 1 WHERE id = " + std::to_string(last)));
  CHECK(seen("plan-1") == Words{"close", "turn_back"});
}
