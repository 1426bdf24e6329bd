#include <algorithm>
#include <string_view>
#include <utility>

#include "tests/explorer/world.h"
#include "workflows/upgrade_facts.h"

// What is left out, and why no step can tell:
//   - absolute time: only differences are ever compared;
//   - how long ago something was, beyond the longest span that is compared with it;
//   - a reason, which is for people;
//   - of times kept as facts, all but whose start or end they are.

namespace pawl::explorer {

namespace {

Tick clip(Tick value, Tick least, Tick most) {
  return std::clamp(value, least, most);
}

class Key {
 public:
  explicit Key(const World& world) : world_(world) {}

  void put(int value) {
    for (int shift = 0; shift < 24; shift += 8)
      bytes_ += static_cast<char>((value >> shift) & 0xff);
  }
  void put(const std::string& text) {
    bytes_ += text;
    bytes_ += '\0';
  }
  /// How long ago, where more than `most` is the same as `most`.
  void age(Tick at, Tick most) { put(clip(world_.now - at, -most, most)); }
  void expiry(Tick at) { put(clip(at - world_.now, margin + 1, 1'000)); }
  /// How long until then, where the past is all the same.
  void until(Tick at) { put(clip(at - world_.now, 0, 50)); }
  void put(const std::optional<CloudInstant>& at, Tick most) {
    put(at ? 1 : 0);
    if (at) age(tick_of(at->at), most);
  }

  void run(const Run& run);
  void fact(std::string_view name, std::string_view text);
  void facts(const Facts& facts);
  void task(const std::vector<Task>& tasks, std::size_t index);
  std::string take() { return std::move(bytes_); }

 private:
  void moment(Tick at);

  const World& world_;
  std::string bytes_;
};

void Key::run(const Run& run) {
  for (const int value :
       {static_cast<int>(run.state), static_cast<int>(run.phase), int{run.step},
        static_cast<int>(run.look), int{run.holds_place}, int{run.cleared}, int{run.attempt_open},
        int{run.checked_once}, int{run.halts}, int{run.absences}, int{run.sighted},
        int{run.sends[run.step]}, int{run.sends[1]}, int{run.renewals}, int{run.attempts[0]},
        int{run.attempts[1]}, int{run.attempts[2]}, int{run.late_looks}, int{run.unclear}}) {
    put(value);
  }
  if (world_.still()) return;
  if (run.phase == Phase::over) {
    put(static_cast<int>(run.ended_in));
  } else {
    age(tick_of(run.since), settle + 2);
    put(clip(tick_of(run.deadline) - world_.now, -1, 50));
    put(run.looked_at == Instant{} ? 0 : world_.now - tick_of(run.looked_at) <= 60 ? 1 : 2);
    put(run.round_began == Instant{} ? -1 : clip(world_.now - tick_of(run.round_began), 0, 50));
  }
  put(run.intended ? 1 : 0);
  if (run.intended) age(tick_of(run.intended->earliest.at), 3);
  put(run.sender_gone, 2 * settle + 3);
  put(run.last_absence, 2 * settle + 3);
  put(run.valid_until ? 1 : 0);
  if (run.valid_until) expiry(tick_of(run.valid_until->at));
  facts(run.facts);
}

/// Whose start or end the time is, or else how long ago.
void Key::moment(Tick at) {
  bool known = false;
  const auto match = [&](const std::vector<Task>& tasks, char kind) {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i].start != at && tasks[i].expires != at) continue;
      bytes_ += kind;
      put(static_cast<int>(2 * i + (tasks[i].start == at ? 0 : 1)));
      known = true;
    }
  };
  match(world_.cloud.checks, 'c');
  match(world_.cloud.upgrades, 'u');
  if (!known) age(at, 20);
}

void Key::fact(std::string_view name, std::string_view text) {
  put(std::string(name));
  const Tick changed = world_.cloud.changed;
  if (name == "source_updated") return put(text == cloud_text(changed) ? 1 : 0);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    const std::string word(text.substr(from, to - from));
    const auto at = parse_utc(word);
    if (!at) {
      put(word);
    } else if (name == "listed_at") {
      age(tick_of(*at), 1'000);
    } else if (name == "checked_between") {
      put(clip(changed - tick_of(*at), -2, 2));
    } else {
      moment(tick_of(*at));
    }
    from = to + 1;
  }
}

/// By name: the order in which they were learned decides nothing.
void Key::facts(const Facts& facts) {
  std::vector<std::pair<std::string_view, std::string_view>> named;
  for (const auto& [key, text] : facts)
    named.emplace_back(key.name, text);
  std::sort(named.begin(), named.end());
  for (const auto& [name, text] : named)
    fact(name, text);
}

void Key::task(const std::vector<Task>& tasks, std::size_t index) {
  const Task& task = tasks[index];
  for (const int value :
       {static_cast<int>(task.whose), static_cast<int>(task.target), static_cast<int>(task.state),
        int{task.hangs}, int{task.before_retry}, int{task.source_version}, int{task.cutover},
        task.attempt, int{task.sighted}, int{task.behind}}) {
    put(value);
  }
  age(task.start, 4);
  for (const Run* run : {&world_.run, world_.committed.get()}) {
    if (run->intended) put(clip(task.start - tick_of(run->intended->earliest.at), -2, 2));
    const auto first = parse_utc(run->facts.get(fact::not_found_since));
    if (first) put(clip(task.start - tick_of(*first), -2, 2));
  }
  for (std::size_t other = 0; other < index; ++other)
    put(clip(task.start - tasks[other].start, -1, 1));
  until(task.in_status);
  until(task.in_history);
  until(task.hidden_until);
  expiry(task.expires);
  until(task.named);
  until(task.moved);
  until(task.ready);
}

}  // namespace

std::string key_of(const World& world) {
  Key key(world);
  key.put(static_cast<int>(world.root));
  key.run(world.run);
  key.put(world.still() ? 1 : 0);
  if (world.still()) return key.take();
  key.put(world.mischief.faults);
  key.put(world.mischief.crashes);
  key.put(world.mischief.levers);
  const Office& office = world.office;
  for (const int value : {static_cast<int>(office.state), static_cast<int>(office.wave),
                          int{office.frozen}, int{office.paused}, office.retries}) {
    key.put(value);
  }
  key.run(*world.committed);
  key.put(static_cast<int>(world.effect.index()));
  if (const auto* park = std::get_if<Park>(&world.effect)) key.put(static_cast<int>(park->gate));
  if (std::holds_alternative<Await>(world.effect)) key.until(world.wake);
  key.put(world.intent_open ? 1 : 0);
  key.put(world.now - world.dated <= 60 ? 1 : 0);
  key.put(world.version_seen);
  key.put(world.cloud.source_version);
  key.put(world.travelling ? 1 : 0);
  if (world.travelling) {
    key.put(world.travelling->upgrade ? 1 : 0);
    key.put(world.travelling->attempt);
    key.until(world.travelling->latest);
    key.age(world.travelling->sent, settle);
  }
  for (std::size_t i = 0; i < world.cloud.checks.size(); ++i)
    key.task(world.cloud.checks, i);
  key.put(-1);
  for (std::size_t i = 0; i < world.cloud.upgrades.size(); ++i)
    key.task(world.cloud.upgrades, i);
  return key.take();
}

}  // namespace pawl::explorer
