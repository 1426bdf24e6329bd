// Where the explorations begin.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tests/explorer/world.h"
#include "workflows/major_upgrade.h"

namespace pawl::explorer {

enum class Past : std::uint8_t { none, rehearsal, replaced, running };

/// What a root is made of.
struct Root {
  std::string name;
  OnForeign on_foreign = OnForeign::stop;
  cloud::Cutover cutover = cloud::Cutover::yes;
  Past past = Past::none;
  Conduct conduct;
  bool listed = false;  ///< a page of the list has shown the instance just now
};

/// Keeps the workflows that its worlds refer to.
class Roots {
 public:
  Roots(const std::vector<Root>& roots, Mischief mischief);
  const std::vector<World>& worlds() const { return worlds_; }

 private:
  std::deque<MajorUpgrade> workflows_;
  std::vector<World> worlds_;
};

const std::vector<Root>& all_roots();
Root listed_root();
/// Worlds in which an upgrade was sent that the cloud has taken on, and that left no trace when it
/// was looked for; from there on `mischief` may happen. They refer to `roots`.
std::vector<World> after_one_was_lost(const Roots& roots, Mischief mischief);
/// An instance that an upgrade with cutover replaced, of which the status has forgotten it.
Root replaced_root();
/// An instance that someone else is upgrading as the plan would, which the plan follows.
Root running_root();

}  // namespace pawl::explorer
