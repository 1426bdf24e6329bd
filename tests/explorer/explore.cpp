#include "tests/explorer/explore.h"

#include <fmt/format.h>

#include <deque>
#include <limits>
#include <unordered_map>
#include <utility>

namespace pawl::explorer {

namespace {

/// 128 bits of a key: with millions of states two that differ do not meet.
struct Digest {
  std::uint64_t high, low;
  bool operator==(const Digest&) const = default;
};
struct DigestHash {
  std::size_t operator()(const Digest& digest) const { return digest.low; }
};

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  return x ^ (x >> 32);
}

Digest digest_of(const std::string& key) {
  Digest digest{0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f};
  for (std::size_t i = 0; i < key.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t j = i; j < std::min(i + 8, key.size()); ++j)
      word = word << 8 | static_cast<unsigned char>(key[j]);
    digest.high = mix(digest.high ^ word);
    digest.low = mix(digest.low + word * 0x9fb21c651e98df25);
  }
  digest.low = mix(digest.low + key.size());
  return digest;
}

using Id = std::uint32_t;
constexpr Id nobody = std::numeric_limits<Id>::max();

class Exploration {
 public:
  explicit Exploration(std::size_t states_max) : states_max_(states_max) {}

  Explored run(const std::vector<World>& roots);

 private:
  struct State {
    Id parent;
    std::uint32_t way;  // the how-manieth combination of choices led here from the parent
    Id in_peace;        // where the first combination, in which nothing goes wrong, leads
  };

  Id meet(const World& world, Id parent, std::uint32_t way);
  bool expand(Id id, const World& world);
  Story story_of(Id id, std::uint32_t way) const;
  World replay(Id id, Story& story) const;
  void find_endless();

  std::size_t states_max_;
  const std::vector<World>* roots_ = nullptr;
  std::vector<State> states_;
  std::unordered_map<Digest, Id, DigestHash> known_;
  std::deque<std::pair<Id, World>> open_;
  Explored found_;
};

Id Exploration::meet(const World& world, Id parent, std::uint32_t way) {
  const auto [known, fresh] =
      known_.try_emplace(digest_of(key_of(world)), static_cast<Id>(states_.size()));
  if (!fresh) return known->second;
  states_.push_back({parent, way, nobody});
  if (world.over()) {
    ++found_.ends;
    states_.back().in_peace = known->second;
  } else {
    open_.emplace_back(known->second, world);
  }
  return known->second;
}

/// Every step from `world`; false when one breaks a law.
bool Exploration::expand(Id id, const World& world) {
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
    if (way == 0) states_[id].in_peace = to;
    ++way;
  } while (choices.next());
  return true;
}

World Exploration::replay(Id id, Story& story) const {
  std::vector<Id> path;
  while (states_[id].parent != nobody) {
    path.push_back(id);
    id = states_[id].parent;
  }
  World world = (*roots_)[states_[id].way];
  for (; !path.empty(); path.pop_back()) {
    Chooser choices;
    World next = world;
    for (std::uint32_t way = 0; way < states_[path.back()].way; ++way) {
      next = world;
      step(next, choices, nullptr);
      choices.next();
    }
    step(world, choices, &story);
  }
  return world;
}

Story Exploration::story_of(Id id, std::uint32_t way) const {
  Story story;
  const World world = replay(id, story);
  Chooser choices;
  for (std::uint32_t other = 0; other < way; ++other) {
    World next = world;
    step(next, choices, nullptr);
    choices.next();
  }
  World next = world;
  step(next, choices, &story);
  return story;
}

/// In peace every state leads to one other, so an end is reached, or a circle.
void Exploration::find_endless() {
  enum class Mark : std::uint8_t { unknown, on_the_way, ends };
  std::vector<Mark> marks(states_.size(), Mark::unknown);
  std::vector<Id> way;
  for (Id from = 0; from < states_.size(); ++from) {
    Id at = from;
    way.clear();
    while (marks[at] == Mark::unknown && states_[at].in_peace != at) {
      marks[at] = Mark::on_the_way;
      way.push_back(at);
      at = states_[at].in_peace;
    }
    if (marks[at] == Mark::on_the_way) {
      found_.violation = Violation{"no end can be reached from here", {}};
      World world = replay(from, found_.violation->story);
      end_in_peace(std::move(world), &found_.violation->story);
      return;
    }
    marks[at] = Mark::ends;
    for (const Id passed : way)
      marks[passed] = Mark::ends;
  }
}

Explored Exploration::run(const std::vector<World>& roots) {
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

}  // namespace

Explored explore(const std::vector<World>& roots, std::size_t states_max) {
  return Exploration(states_max).run(roots);
}

std::optional<RunState> end_in_peace(World world, Story* story) {
  constexpr int steps_max = 1'000;
  for (int i = 0; i < steps_max && !world.over(); ++i) {
    Chooser choices;
    step(world, choices, story);
  }
  if (!world.over()) return std::nullopt;
  return world.run.state;
}

}  // namespace pawl::explorer
