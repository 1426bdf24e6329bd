// How the stand-in's cloud is set up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time.h"

namespace pawl::simulate {

/// A duration for each task, spread evenly between both ends.
struct Range {
  Duration least{0}, most{0};
  bool operator==(const Range&) const = default;
};
/// "2s", or "100ms..2s"; nullopt for anything else.
std::optional<Range> parse_range(std::string_view text);
/// "5%" or "0.05", from 0 to 1.
std::optional<double> parse_share(std::string_view text);

/// What goes wrong with a share of all requests.
enum class Trouble : std::uint8_t {
  reset_before,  ///< the connection is closed and nothing was done
  reset_after,   ///< it was done, and the connection is closed without an answer
  error_before,  ///< 500, and nothing was done
  error_after,   ///< 500, and it was done
  throttled,     ///< 429, and nothing was done
  garbage,       ///< it was done, and a page of HTML comes back with 200
};
std::optional<Trouble> fault_from(std::string_view word);
inline constexpr const char* fault_words =
    "reset-before, reset-after, 500-before, 500-after, 429, garbage";
struct TroubleShare {
  Trouble trouble;
  double share;
};

struct Settings {
  std::uint16_t port = 8080;  ///< 0: any free one
  std::uint32_t instances = 60;
  std::uint32_t canaries = 3;  ///< the first so many are tagged tier=canary
  std::string project_id = "0483b6b16e954cb88930a360d2c4e663";
  std::vector<std::string> versions{"13.9", "12.15"};  ///< the fleet's, by turns
  std::vector<std::string> targets{"13.11", "14.6", "15.4"};
  Range check_time{Duration{2'000}, Duration{4'000}};
  Range upgrade_time{Duration{4'000}, Duration{8'000}};
  std::optional<std::uint32_t> check_polls, upgrade_polls;  ///< instead of a time
  Duration check_valid{std::chrono::hours{24 * 7}};
  Duration visible_after{0};  ///< so long status and histories go on showing what was before
  Duration dst_delay{0};      ///< from an upgrade's end until the history names the new instance
  Duration swap_delay{0};     ///< from an upgrade's end until the addresses change places
  double check_fail = 0, upgrade_fail = 0;  ///< shares of the instances
  std::vector<TroubleShare> faults;
  Duration clock_offset{0};  ///< of the cloud's clock against this machine's
  std::uint64_t seed = 1;
  std::string token;  ///< empty: every call is let in
};

}  // namespace pawl::simulate
