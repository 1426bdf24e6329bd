// What the adversary does by itself as time passes, and to what pawl sends.
#pragma once

#include <string>

#include "tests/explorer/world.h"

namespace pawl::explorer {

/// The adversary at one moment of a world: what it may choose, and what it tells of it.
class Adversary {
 public:
  Adversary(World& world, Chooser& choices, Story* story)
      : world_(world), choices_(choices), story_(story) {}

  /// One of `free` choices, or of `costly` further ones while faults are left.
  std::size_t pick(std::size_t free, std::size_t costly);
  /// The same, where the last ones are paid for as crashes and as levers.
  std::size_t pick(std::size_t free, std::size_t faults, std::size_t crashes,
                   std::size_t levers = 0);
  void tell(const std::string& line) {
    if (story_) story_->push_back(line);
  }
  bool told() const { return story_ != nullptr; }

  /// A tick passes: what travels may arrive, what runs may end.
  void tick();
  void pass(Tick ticks);
  /// One of `ways` that cost nothing.
  std::size_t choose(std::size_t ways) { return choices_.choose(ways); }
  /// The cloud takes on a check or upgrade; the law that this breaks, if it does.
  void take_on(bool upgrade, Task task, Tick hidden_until_latest);
  /// What pawl has sent arrives.
  void arrive(const Travelling& submit);
  bool has_valid_report() const;

  std::optional<std::string> broken;

 private:
  void land();
  void end_task(Task& task, bool upgrade, const std::string& name);
  void succeed(Task& task, bool upgrade, const std::string& name);

  World& world_;
  Chooser& choices_;
  Story* story_;
};

}  // namespace pawl::explorer
