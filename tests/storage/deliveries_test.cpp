#include "storage/deliveries.h"

#include <doctest/doctest.h>

#include "sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

const std::vector<std::string> started{"rollout_started"};

struct ToldEvents {
  Folder folder;
  Driving driving;
  NewRollout rollout = sample_rollout();

  explicit ToldEvents(const std::string& end_state) {
    driving = good(drive(folder.store()));
    Batch batch;
    auto entries = starting_entries(rollout, noon);
    entries.front().event = "rollout_started";
    batch.created = &rollout;
    batch.entries = entries;
    good(driving.journal->commit(batch));
    tell("wave_opened", "running", "running");
    tell("rollout_finished", "running", end_state);
  }
  void tell(const std::string& event, const std::string& from, const std::string& to) {
    Entry entry = about_rollout(rollout, noon, from, to);
    entry.event = event;
    Batch batch;
    batch.entries = {&entry, 1};
    good(driving.journal->commit(batch));
  }
  void tell_of_store(const std::string& event) {
    Entry entry = about_rollout(rollout, noon, "", "");
    entry.subject = Subject::store;
    entry.rollout.clear();
    entry.event = event;
    Batch batch;
    batch.entries = {&entry, 1};
    good(driving.journal->commit(batch));
  }
  Database& database() { return driving.store->database(); }
  const std::string& id() const { return rollout.rollout.id; }
};

}  // namespace

TEST_CASE("a webhook starts before its rollout's first entry, and goes on from where it was") {
  ToldEvents told("finished");
  CHECK(good(delivered(told.database(), told.id(), 2)) == std::vector<std::int64_t>{0, 0});
  good(note_delivered(told.database(), told.id(), 1, 4));
  CHECK(good(delivered(told.database(), told.id(), 2)) == std::vector<std::int64_t>{0, 4});
  CHECK(good(delivered(told.database(), "unknown-1", 2)).empty());
}

TEST_CASE(
    "what is to be told is the rollout's and the store's, of the events asked for, in order") {
  ToldEvents told("running");
  told.tell_of_store("freeze_set");
  const std::vector<std::string> events{"wave_opened", "freeze_set"};
  CHECK(good(count_to_tell(told.database(), told.id(), 0, events)) == 2);
  const auto first = good(next_to_tell(told.database(), told.id(), 0, events));
  REQUIRE(first);
  CHECK(first->entry.event == "wave_opened");
  const auto second = good(next_to_tell(told.database(), told.id(), first->seq, events));
  REQUIRE(second);
  CHECK(second->entry.event == "freeze_set");
  CHECK_FALSE(good(next_to_tell(told.database(), told.id(), second->seq, events)));
  CHECK(good(count_to_tell(told.database(), "other-1", 0, started)) == 0);
}

TEST_CASE("nothing after a rollout's end is told, and what is not told yet is known by it") {
  ToldEvents told("finished");
  told.tell_of_store("freeze_set");
  CHECK(good(count_to_tell(told.database(), told.id(), 0,
                           std::vector<std::string>{"freeze_set"})) == 0);
  CHECK(good(rollouts_to_tell_of(told.database())).empty());  // it has no webhook
  good(delivered(told.database(), told.id(), 1));
  CHECK(good(rollouts_to_tell_of(told.database())) == std::vector<std::string>{told.id()});
  good(note_delivered(told.database(), told.id(), 0, 100));
  CHECK(good(rollouts_to_tell_of(told.database())).empty());
}
