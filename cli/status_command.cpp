#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/follow_up.h"
#include "cli/last_driver.h"
#include "cli/meant.h"
#include "cli/stale_checks.h"
#include "cli/status_now.h"
#include "cli/status_view.h"
#include "cli/text.h"
#include "cli/time_option.h"
#include "engine/io/system_clock.h"
#include "storage/as_of.h"
#include "storage/levers.h"
#include "storage/store.h"

namespace pawl {

namespace {

constexpr std::chrono::milliseconds watch_every{500};

/// Of the terminal on stdout; 0 by 0 where there is none to redraw, or it does not tell.
struct Size {
  std::size_t rows = 0, columns = 0;
  bool operator==(const Size&) const = default;
};

Size terminal_size() {
  winsize size{};
  if (!can_redraw(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_row, size.ws_col};
}

Result<int> status_as_of(const Options& options, Database& database, const std::string& named,
                         Instant at) {
  std::string id = named;
  if (id.empty()) {
    auto latest = latest_as_of(database, at);
    if (!latest) return latest.error();
    id = std::move(*latest);
  }
  const auto view = rollout_as_of(database, id, at);
  if (!view) return view.error();
  StatusBeside beside;
  beside.as_of = at;
  if (Outcome printed = print_status(options.format, *view, StatusDetail::full, beside); !printed) {
    return printed.error();
  }
  return exit_code::finished;
}

/// By which a status that is watched is drawn anew.
struct Drawn {
  Instant updated{};
  Size size{};
  bool undriven = false, frozen = false;
  std::optional<Slowed> slowed{};
  std::optional<std::vector<AskedLever>> asked{};
  bool operator==(const Drawn&) const = default;
};

/// What takes a pass over the fleet, and is read only for what is drawn.
Outcome add_outlook(Database& database, AuditReader& audit, const std::string& id, Instant now,
                    StatusBeside& beside) {
  const auto at = cloud_time(audit, now);
  if (!at) return at.error();
  auto stale = stale_checks(database, id, *at);
  if (!stale) return stale.error();
  beside.stale = std::move(*stale);
  auto still = standstill_of(database, id, *at);
  if (!still) return still.error();
  beside.still = std::move(*still);
  return Done{};
}

Result<int> status(const Options& options, const StatusArguments& arguments) {
  const auto as_of = time_option("--as-of", arguments.as_of);
  if (!as_of) return as_of.error();
  auto store = Store::open_for_reading(options.store, wall_time());
  if (!store) return store.error();
  Database& database = (*store)->database();
  if (*as_of) return status_as_of(options, database, arguments.rollout, **as_of);
  AuditReader audit(database);
  const auto id = meant_rollout(audit, arguments.rollout);
  if (!id) return id.error();
  const bool watched = arguments.watch && options.format == Format::table;
  std::optional<Drawn> drawn;
  while (true) {
    const auto view = audit.rollout(*id);
    if (!view) return view.error();
    const RolloutSummary& summary = view->summary;
    const Instant now = wall_time();
    auto beside = status_now(database, audit, summary, now);
    if (!beside) return beside.error();
    const Drawn seen{summary.updated,
                     watched ? terminal_size() : Size{},
                     beside->driver.has_value(),
                     beside->frozen,
                     beside->slowed,
                     beside->asked};
    if (drawn != seen) {
      if (watched && can_redraw(STDOUT_FILENO)) std::fputs("\033[H\033[2J", stdout);
      drawn = seen;
      if (!summary.finished) {
        if (Outcome added = add_outlook(database, audit, *id, now, *beside); !added)
          return added.error();
      }
      if (!summary.followed_by.empty() && options.format == Format::table) {
        const auto left = left_over_of(audit, *id);
        if (!left) return left.error();
        beside->left_over = words_of(*left);
      }
      // What scrolls away at the top is what matters most; the cursor takes the last line.
      const std::size_t rows = seen.size.rows > 1 ? seen.size.rows - 1 : seen.size.rows;
      Outcome printed = print_status(options.format, *view, StatusDetail::full, *beside, rows);
      if (!printed) return printed.error();
      std::fflush(stdout);
    }
    if (!arguments.watch || summary.finished) return exit_code::finished;
    if (std::ferror(stdout) != 0) return exit_code::finished;  // nobody reads any more
    std::this_thread::sleep_for(watch_every);
  }
}

}  // namespace

int status_command(const Options& options, const Log& log, const StatusArguments& arguments) {
  const Result<int> code = status(options, arguments);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
