#include "engine/timetable.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace pawl {

namespace {

/// One wave's upgrades, let in as admission would.
class WaveTimetable {
 public:
  WaveTimetable(const WaveRules& rules, const TimetablePace& pace, CloudInstant opens)
      : rules_(rules), pace_(pace), now_(opens), end_(opens) {
    waiting_.bound(rules.spread_max);
  }

  void park(std::size_t position, const TimetableRun& run) {
    waiting_.park(static_cast<std::uint32_t>(position), run.spread);
  }
  /// When the last upgrade has ended; nothing when a window never lets one begin.
  std::optional<CloudInstant> let_in(std::span<const TimetableRun> runs, Timetable& table);

 private:
  struct Place {
    CloudInstant ends;
    std::uint32_t spread;
    bool operator>(const Place& other) const { return ends > other.ends; }
  };
  std::optional<CloudInstant> fitting(CloudInstant at);
  void leave(CloudInstant until);

  const WaveRules& rules_;
  const TimetablePace& pace_;
  CloudInstant now_, end_;
  Parked waiting_;
  std::priority_queue<Place, std::vector<Place>, std::greater<>> taken_;
  std::optional<Opening> opening_;
  CloudInstant asked_{};  // what the rules say holds from then on
};

/// The first moment from `at` on at which the windows let an upgrade begin.
std::optional<CloudInstant> WaveTimetable::fitting(CloudInstant at) {
  if (!rules_.windows) return at;
  for (int tried = 0; tried < openings_tried; ++tried) {
    if (!opening_ || at < asked_ || opening_->to <= at) {
      opening_ = rules_.windows(at);
      asked_ = at;
    }
    if (!opening_) return std::nullopt;
    const CloudInstant start = std::max(at, opening_->from);
    if (start + pace_.fits <= opening_->to) return start;
    at = opening_->to;
  }
  return std::nullopt;
}

void WaveTimetable::leave(CloudInstant until) {
  while (!taken_.empty() && taken_.top().ends <= until) {
    waiting_.passed(taken_.top().spread, -1);
    taken_.pop();
  }
}

std::optional<CloudInstant> WaveTimetable::let_in(std::span<const TimetableRun> runs,
                                                  Timetable& table) {
  while (!waiting_.empty()) {
    const auto start = fitting(now_);
    if (!start) return std::nullopt;
    now_ = *start;
    leave(now_);
    const bool place = taken_.size() < rules_.max_parallel;
    const auto next = place ? waiting_.take() : std::nullopt;
    if (!next) {
      now_ = taken_.top().ends;  // all places, or all of the spread values that wait, are taken
      continue;
    }
    const auto began = fitting(std::max(now_, table.checked[*next]));
    if (!began) return std::nullopt;
    table.starts[*next] = *began;
    taken_.push({*began + pace_.upgrade, runs[*next].spread});
    waiting_.passed(runs[*next].spread, 1);
    end_ = std::max(end_, *began + pace_.upgrade);
    now_ = now_ + pace_.between_upgrades;
  }
  return end_;
}

/// Checks begin one after another, at most so many at once.
class CheckTimetable {
 public:
  CheckTimetable(std::uint32_t places, const TimetablePace& pace) : pace_(pace), ends_(places) {}

  /// When the next check, asked for at `from`, has passed.
  CloudInstant next(CloudInstant from) {
    CloudInstant& place = ends_[count_++ % ends_.size()];
    const CloudInstant start = std::max({from, place, next_call_});
    next_call_ = start + pace_.between_checks;
    place = start + pace_.check;
    return place;
  }

 private:
  const TimetablePace& pace_;
  std::vector<CloudInstant> ends_;
  std::size_t count_ = 0;
  CloudInstant next_call_{};
};

}  // namespace

Timetable timetable(const RolloutRules& rules, std::span<const TimetableRun> runs,
                    const TimetablePace& pace) {
  Timetable table{std::vector<CloudInstant>(runs.size(), pace.from),
                  std::vector<std::optional<CloudInstant>>(runs.size()),
                  std::vector<Timetable::Wave>(rules.waves.size())};
  CheckTimetable checks(rules.checks_parallel, pace);
  CloudInstant opens = std::max(pace.from, pace.upgrades_from);
  for (std::size_t i = 0; rules.check_ahead && i < runs.size(); ++i) {
    if (!runs[i].checked) table.checked[i] = checks.next(pace.from);
    opens = std::max(opens, table.checked[i]);
  }
  std::size_t next = 0;
  for (std::size_t w = 0; w < rules.waves.size(); ++w) {
    WaveTimetable wave(rules.waves[w], pace, opens);
    const std::size_t first = next;
    for (; next < runs.size() && static_cast<std::size_t>(runs[next].wave) == w; ++next) {
      if (!rules.check_ahead && !runs[next].checked) table.checked[next] = checks.next(opens);
      wave.park(next, runs[next]);
    }
    table.waves[w].opens = opens;
    table.waves[w].ends = wave.let_in(runs, table);
    if (!table.waves[w].ends) break;
    opens = *table.waves[w].ends + (next > first ? rules.waves[w].soak : Duration{0});
  }
  return table;
}

}  // namespace pawl
