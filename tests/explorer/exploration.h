// Breadth-first through every world that the roots lead to, so that what is found first is as short
// as can be; then backwards from the ends, for a world from which no end can be reached. The same
// for every model. A model's world has, besides copies of itself:
//   step(world, chooser, story)  one step by the choices made; the law that it broke, if it did
//   key_of(world)                the same for two worlds that go on alike
//   world.over()                 an end: nothing has to happen any more
//   world.still()                nothing can happen any more
// The first combination of choices is the step in which nothing goes wrong.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/explorer/chooser.h"
#include "tests/explorer/digest.h"

namespace pawl::explorer {

struct Violation {
  std::string law;
  Story story;  ///< from the root to the broken law
};

struct Explored {
  std::size_t states = 0, transitions = 0;
  std::size_t ends = 0;  ///< of these states
  std::optional<Violation> violation;
};

/// Takes `world` on while nothing goes wrong any more, until it is over; false when it never is.
template <typename World>
bool end_in_peace(World& world, Story* story, int steps_max = 1'000) {
  for (int i = 0; i < steps_max && !world.over(); ++i) {
    Chooser choices;
    step(world, choices, story);
  }
  return world.over();
}

template <typename World>
class Exploration {
 public:
  explicit Exploration(std::size_t states_max) : states_max_(states_max) {}

  Explored run(const std::vector<World>& roots) {
    roots_ = &roots;
    for (std::size_t i = 0; i < roots.size(); ++i)
      meet(roots[i], nobody, static_cast<std::uint32_t>(i));
    while (!open_.empty() && states_.size() < states_max_) {
      const auto [id, world] = std::move(open_.front());
      open_.pop_front();
      if (!expand(id, world)) break;
    }
    found_.states = states_.size();
    if (!found_.violation && !open_.empty()) {
      found_.violation = Violation{fmt::format("there are more than {} states", states_max_), {}};
    }
    if (!found_.violation) find_endless();
    return std::move(found_);
  }

 private:
  using Id = std::uint32_t;
  static constexpr Id nobody = std::numeric_limits<Id>::max(), over = nobody;

  struct State {
    Id parent;
    std::uint32_t way;  // the how-manieth combination of choices led here from the parent
    Id in_peace;  // where the first combination, in which nothing goes wrong, leads, or `over`
  };

  Id meet(const World& world, Id parent, std::uint32_t way) {
    const auto [known, fresh] =
        known_.try_emplace(digest_of(key_of(world)), static_cast<Id>(states_.size()));
    if (!fresh) return known->second;
    states_.push_back({parent, way, over});
    if (world.over()) ++found_.ends;
    if (!world.still()) open_.emplace_back(known->second, world);
    return known->second;
  }

  /// Every step from `world`; false when one breaks a law.
  bool expand(Id id, const World& world) {
    Chooser choices;
    std::uint32_t way = 0;
    do {
      World next = world;
      ++found_.transitions;
      if (auto law = step(next, choices, nullptr)) {
        found_.violation = Violation{std::move(*law), story_of(id, way)};
        return false;
      }
      const Id to = meet(next, id, way);
      if (way == 0 && !world.over()) states_[id].in_peace = to;
      ++way;
    } while (choices.next());
    return true;
  }

  /// The step from `world` that the `way`-th combination of choices makes.
  static World took(const World& world, std::uint32_t way, Story& story) {
    Chooser choices;
    for (std::uint32_t other = 0; other < way; ++other) {
      World next = world;
      step(next, choices, nullptr);
      choices.next();
    }
    World next = world;
    step(next, choices, &story);
    return next;
  }

  World replay(Id id, Story& story) const {
    std::vector<Id> path;
    while (states_[id].parent != nobody) {
      path.push_back(id);
      id = states_[id].parent;
    }
    World world = (*roots_)[states_[id].way];
    for (; !path.empty(); path.pop_back())
      world = took(world, states_[path.back()].way, story);
    return world;
  }

  Story story_of(Id id, std::uint32_t way) const {
    Story story;
    took(replay(id, story), way, story);
    return story;
  }

  /// In peace every state leads to one other, so an end is reached, or a circle.
  void find_endless() {
    enum class Mark : std::uint8_t { unknown, on_the_way, ends };
    std::vector<Mark> marks(states_.size(), Mark::unknown);
    std::vector<Id> way;
    for (Id from = 0; from < states_.size(); ++from) {
      Id at = from;
      way.clear();
      while (marks[at] == Mark::unknown && states_[at].in_peace != over) {
        marks[at] = Mark::on_the_way;
        way.push_back(at);
        at = states_[at].in_peace;
      }
      if (marks[at] == Mark::on_the_way) return tell_endless(from);
      marks[at] = Mark::ends;
      for (const Id passed : way)
        marks[passed] = Mark::ends;
    }
  }

  void tell_endless(Id from) {
    constexpr int steps_told = 50;
    found_.violation = Violation{"no end can be reached from here", {}};
    World world = replay(from, found_.violation->story);
    end_in_peace(world, &found_.violation->story, steps_told);
  }

  std::size_t states_max_;
  const std::vector<World>* roots_ = nullptr;
  std::vector<State> states_;
  std::unordered_map<Digest, Id, DigestHash> known_;
  std::deque<std::pair<Id, World>> open_;
  Explored found_;
};

/// Stops at the first broken law. `states_max` keeps a mistake from eating the machine.
template <typename World>
Explored explore(const std::vector<World>& roots, std::size_t states_max) {
  return Exploration<World>(states_max).run(roots);
}

}  // namespace pawl::explorer
