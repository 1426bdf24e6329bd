#include "cli/levers_pulled.h"

#include <chrono>
#include <thread>

#include "cli/driver.h"
#include "cli/json_field.h"
#include "storage/audit.h"
#include "storage/levers.h"

namespace pawl {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds answered_within{10};
constexpr std::chrono::milliseconds look_every{20};

/// Waits until whoever drives the store has answered.
Outcome wait_for_answer(Database& database, std::int64_t id) {
  const auto until = SteadyClock::now() + answered_within;
  while (true) {
    const auto answered = lever_answered(database, id);
    if (!answered) return answered.error();
    if (*answered) return Done{};
    if (SteadyClock::now() >= until) {
      return Error{Fault::held,
                   "it is written down, and the driver that holds the store has not answered it "
                   "yet; `pawl history --reverse` shows when it does"};
    }
    std::this_thread::sleep_for(look_every);
  }
}

/// Where no driver runs, this process is one for a moment.
Outcome answer(const Options& options, const Log& log, Database& database, std::int64_t id,
               const std::string& rollout) {
  auto driver = Driver::open(options, log);
  if (driver) return (*driver)->pull_levers(rollout);
  if (driver.error().fault != Fault::held) return driver.error();
  return wait_for_answer(database, id);
}

}  // namespace

Result<std::vector<std::string>> pull_levers(const Options& options, const Log& log,
                                             Database& database, std::span<const Lever> levers) {
  AuditReader audit(database);
  auto head = audit.head_seq();
  if (!head) return head.error();
  auto last = post_levers(database, levers);
  if (!last) return last.error();
  const std::string& rollout = levers.front().rollout;
  if (Outcome answered = answer(options, log, database, *last, rollout); !answered) {
    return answered.error();
  }
  HistoryFilter filter;
  filter.event = "lever_refused";
  filter.actor = levers.front().by;
  filter.after = *head;
  std::vector<std::string> refusals;
  Outcome read = audit.history(filter, [&](const StoredEntry& stored) {
    refusals.push_back(text_field(stored.entry.data, "reason"));
    return true;
  });
  if (!read) return read.error();
  return refusals;
}

}  // namespace pawl
