// The adversary: one instance at a cloud that may do everything which no page forbids. It keeps the
// truth about every task, and tells it late, in part, or wrongly dated, as its choices want.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/http.h"

namespace pawl::explorer {

/// Time in ticks of a second, the grain in which the cloud tells times.
using Tick = int;
inline constexpr Tick never = 1'000'000'000;
/// A tick as the local clock and as the cloud tell it; the two agree.
Instant instant_of(Tick tick);
std::string cloud_text(Tick tick);

enum class Whose : std::uint8_t { pawl, foreign };
enum class State : std::uint8_t { running, success, failed };
enum class Target : std::uint8_t { wanted, other };

/// A check or an upgrade that the cloud has taken on.
struct Task {
  Whose whose = Whose::pawl;
  Target target = Target::wanted;
  State state = State::running;
  bool hangs = false;  ///< never ends
  Tick start = 0;
  Tick in_status = 0, in_history = 0;  ///< shown from then on
  Tick hidden_until = -1'000'000;      ///< shown once, and then by none of the copies that answer
  // Of a check.
  bool before_retry = false;  ///< it had ended when a person tried the run again after a failure
  int source_version = 0;
  Tick expires = never;  ///< never: no answer tells when
  // Of an upgrade.
  bool cutover = true;
  int attempt = 0;       ///< of the run, for which it was sent
  bool behind = false;   ///< none of the copies that answer in doubt have heard of it
  bool sighted = false;  ///< an answer to a look in doubt has shown it
  Tick named = 0, moved = never, ready = never;  ///< new instance: told, has the addresses, ACTIVE
};

/// What the status may show in place of the newest task.
enum class Shown : std::uint8_t { newest, previous };

/// What remains the same in one exploration.
struct Conduct {
  bool busy_while_upgrading = false;  ///< the instance's status tells of an upgrade in progress
  bool dated = true;                  ///< answers bear a Date
  bool forgets_replaced = false;      ///< the status of an instance that was replaced shows nothing
};

class Cloud {
 public:
  Conduct conduct;
  std::vector<Task> checks, upgrades;
  int source_version = 9;  ///< the minor one
  Tick changed = -1'000;   ///< when the instance was last changed

  /// The true answer to a question of pawl's.
  HttpResponse answer(const HttpRequest& request, Tick now, Shown shown) const;
  /// The same with the newest entry of a history garbled.
  HttpResponse garbled(const HttpRequest& request, Tick now) const;

 private:
  std::string status(const std::vector<Task>& tasks, Tick now, Shown shown) const;
  std::string check_history(Tick now, bool garble) const;
  std::string upgrade_history(Tick now, bool garble) const;
  std::string instances(const Query& query, Tick now) const;
  std::string source(Tick now) const;
  std::string made(std::size_t index, Tick now) const;
};

/// The upgrade has given the instance's addresses to another one, and that can be seen.
bool replaces(const Task& task, Tick now);
HttpResponse answer_with(int status, std::string body);
bool asks_history(const HttpRequest& request);
bool asks_status(const HttpRequest& request);

}  // namespace pawl::explorer
