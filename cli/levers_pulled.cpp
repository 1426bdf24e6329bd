#include "cli/levers_pulled.h"

#include <fmt/core.h>

#include <charconv>
#include <chrono>
#include <iterator>
#include <string_view>
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
constexpr int looks_a_try = 5;

std::int64_t number_of(const std::string& digits) {
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

/// Waits until whoever drives the store has answered. As soon as nobody does, from the start or
/// since a driver left, this process is the driver for a moment.
Outcome answer(const Options& options, const Log& log, Database& database, std::int64_t id,
               const std::string& rollout) {
  const auto until = SteadyClock::now() + answered_within;
  for (int looks = 0;; ++looks) {
    const auto answered = lever_answered(database, id);
    if (!answered) return answered.error();
    if (*answered) return Done{};
    if (looks % looks_a_try == 0) {
      auto driver = Driver::open(options, log);
      if (driver) return (*driver)->pull_levers(rollout);
      if (driver.error().fault != Fault::held) return driver.error();
    }
    if (SteadyClock::now() >= until) {
      return Error{Fault::held,
                   "it is written down and need not be pulled again, but the driver that holds "
                   "the store has not answered it yet; `pawl history --reverse` shows when it "
                   "does"};
    }
    std::this_thread::sleep_for(look_every);
  }
}

/// What the journal tells where a lever of this kind was not refused; empty where that is another
/// thing each time.
std::string_view event_of(LeverKind kind) {
  switch (kind) {
    case LeverKind::pause:
      return "rollout_paused";
    case LeverKind::unpause:
      return "rollout_unpaused";
    case LeverKind::cancel:
      return "rollout_cancelled";
    case LeverKind::approve:
      return "approval_granted";
    case LeverKind::deny:
      return "approval_denied";
    case LeverKind::freeze:
      return "freeze_set";
    case LeverKind::unfreeze:
      return "freeze_lifted";
    case LeverKind::retry:
    case LeverKind::skip:
    case LeverKind::close:
      break;
  }
  return "";
}

/// A mark in a table that it is answered is no answer: nothing holds by it.
Outcome require_told(Database& database, const Lever& lever, std::int64_t after) {
  HistoryFilter filter;
  filter.event = event_of(lever.kind);
  if (filter.event.empty()) return Done{};
  filter.actor = lever.by;
  filter.rollout = lever.rollout;
  filter.after = after;
  bool told = false;
  Outcome read = AuditReader(database).history(filter, [&told](const StoredEntry&) {
    told = true;
    return false;
  });
  if (!read || told) return read;
  return Error{Fault::store,
               fmt::format("the store {} says that what was asked for is answered, and its journal "
                           "tells of no {}: nothing came of it. Somebody else writes to the store, "
                           "or it is damaged; `pawl audit verify` tells more.",
                           database.path(), filter.event)};
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
    Error error = answered.error();
    if (error.fault != Fault::held) {
      error.what +=
          "\nWhat was asked for is written down all the same: the next driver of the store "
          "carries it out.";
    }
    return error;
  }
  const std::int64_t before = *last - std::ssize(levers);  // their numbers are in a row
  HistoryFilter filter;
  filter.event = "lever_refused";
  filter.after = *head;
  std::vector<std::string> refusals;
  Outcome read = audit.history(filter, [&](const StoredEntry& stored) {
    const std::int64_t number = number_of(text_field(stored.entry.data, "lever"));
    if (number > before && number <= *last) {
      refusals.push_back(text_field(stored.entry.data, "reason"));
    }
    return true;
  });
  if (!read) return read.error();
  if (refusals.empty()) {
    if (Outcome told = require_told(database, levers.front(), *head); !told) return told.error();
  }
  return refusals;
}

}  // namespace pawl
