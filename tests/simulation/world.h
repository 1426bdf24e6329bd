// What is true, whatever the driver believes: one clock, what will happen, the first law that was
// broken, and the story so far.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulation/conditions.h"
#include "tests/simulation/tally.h"
#include "tests/support/dice.h"
#include "tests/support/virtual_clock.h"

namespace pawl::simulation {

struct Broken {
  std::string law;
  std::string instance;  ///< empty where it is about none
};

/// One thing that happened; `instance` is empty where it concerns all.
struct Told {
  Instant at;
  std::string instance, what;
};
using Story = std::vector<Told>;
/// Its last lines about `instance`, or about all of them where that is empty, and the world.
std::string last_of(const Story& story, const std::string& instance, std::size_t lines_max);

class World {
 public:
  /// `story` may be null: then nothing is told.
  World(const Conditions& its_conditions, Tally& its_tally, Story* story)
      : conditions(its_conditions), tally(its_tally), dice(~its_conditions.seed), story_(story) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Instant now() { return clock_.now(); }
  /// `act` happens at `when`, in the order of asking where several fall together.
  void at(Instant when, std::function<void()> act) {
    events_.push({std::max(when, now()), ++asked_, std::move(act)});
  }
  void after(Duration pause, std::function<void()> act) { at(now() + pause, std::move(act)); }
  /// Lets the next thing happen that is due until `limit`. When there is none it becomes `limit`,
  /// and the answer is false.
  bool step(Instant limit);
  void pass(Duration time) {
    for (const Instant until = now() + time; step(until);) {
    }
  }

  /// Something may still go wrong.
  bool stormy() { return now() < calm_at; }
  /// A thousandth part `share` of the times, while the storm lasts.
  bool strikes(std::size_t share) { return share > 0 && stormy() && dice.permille(share); }

  void break_law(std::string law, std::string instance = {}) {
    if (!broken_) broken_ = Broken{std::move(law), std::move(instance)};
  }
  const std::optional<Broken>& broken() const { return broken_; }

  bool told() const { return story_ != nullptr; }
  void tell(std::string what, std::string instance = {}) {
    if (story_) story_->push_back({now(), std::move(instance), std::move(what)});
  }
  /// Something counted of which the story tells as well.
  void befall(std::string_view what, std::string instance = {}) {
    tally.count(what);
    tell(std::string(what), std::move(instance));
  }

  const Conditions& conditions;
  Tally& tally;
  test::Dice dice;
  Instant calm_at = Instant::max();
  std::size_t stops = 0;  ///< of the machine, between a decision and what it leads to

 private:
  struct Event {
    Instant when;
    std::uint64_t asked;
    std::function<void()> act;
    bool operator>(const Event& other) const {
      return std::pair(when, asked) > std::pair(other.when, other.asked);
    }
  };

  test::VirtualClock clock_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t asked_ = 0;
  std::optional<Broken> broken_;
  Story* story_;
};

}  // namespace pawl::simulation
