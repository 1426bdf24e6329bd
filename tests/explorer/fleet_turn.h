// One turn of the driver's with a fleet, as the loop makes it: something happens or is asked, what
// may be admitted is, the rollout advances, and only then is it parked what has come to wait.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/lever.h"
#include "tests/explorer/fleet.h"

namespace pawl::explorer {

class FleetTurn {
 public:
  FleetTurn(Fleet& fleet, Chooser& choices, Story* story)
      : fleet_(fleet), choices_(choices), story_(story) {}

  /// The law that was broken, if one was.
  std::optional<std::string> take();

 private:
  enum class Kind : std::uint8_t { cancel, event, leave_to_send, place, soaked, lever, crash };
  struct Option {
    Kind kind;
    std::size_t position = 0;            // of the run that it is about
    Gate gate = Gate::check;             // of a place
    LeverKind lever = LeverKind::pause;  // of a lever
    int* cost = nullptr;                 // what it is paid with
  };

  void offer(const Option& option);
  void offer_what_moves();
  void offer_admissions();
  void offer_levers();
  void offer_decisions(int* cost);
  bool may_decide(std::size_t position, LeverKind kind) const;
  std::optional<Option> choose();
  void carry_out(const Option& option);
  void same_turn();
  void pull(LeverKind kind, std::size_t position);
  void crash();
  void admit(Gate gate);
  void go_on(std::size_t position);
  void answer(std::size_t position);
  void reply(std::size_t position, int status, std::string_view word);
  void happen(std::size_t position, decltype(Event::what) what);
  void advance();
  void park();
  void moves(const RolloutMove& move);
  void blame(std::optional<std::string> law) {
    if (!broken_) broken_ = std::move(law);
  }
  void tell(const std::string& line) {
    if (story_) story_->push_back(line);
  }

  Fleet& fleet_;
  Chooser& choices_;
  Story* story_;
  std::optional<std::string> broken_;
  std::vector<Option> options_;
  std::array<bool, runs_in_fleet> moved_{};
  bool soaked_ = false;    // every soak that had begun is over
  bool may_halt_ = false;  // something happened upon which the rollout may move
};

}  // namespace pawl::explorer
