// How the stand-in's cloud is set up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/simulate/faults.h"
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

/// What a call must prove itself with.
enum class Auth : std::uint8_t {
  none,
  token,  ///< of `token`, or one that the stand-in's IAM gave out
  aksk,   ///< a signature
};

/// Calls by their number, from 1.
struct CallRange {
  std::uint64_t first = 1, last = 1;
  bool operator==(const CallRange&) const = default;
};
/// "20..25", or "20"; nullopt for anything else.
std::optional<CallRange> parse_calls(std::string_view text);

struct Settings {
  std::uint16_t port = 8080;     ///< 0: any free one
  std::uint32_t instances = 60;  ///< that can be upgraded
  std::uint32_t canaries = 3;    ///< the first so many of them are tagged tier=canary
  std::uint32_t replicas = 0;    ///< besides them
  std::uint32_t standbys = 0;    ///< besides them, for disaster recovery of the first so many
  std::uint32_t mysql = 0;       ///< besides them
  std::uint32_t frozen = 0;      ///< besides them
  std::uint32_t busy = 0;        ///< besides them: in a backup at first
  Duration busy_time{10'000};    ///< how long at first
  std::string project_id = "0483b6b16e954cb88930a360d2c4e663";
  std::vector<std::string> versions{"13.9", "12.15"};  ///< the fleet's, by turns
  std::vector<std::string> targets{"13.11", "14.6", "15.4"};
  Range check_time{Duration{2'000}, Duration{4'000}};
  Range backup_time{Duration{1'000}, Duration{2'000}};
  Range upgrade_time{Duration{4'000}, Duration{8'000}};
  std::optional<std::uint32_t> check_polls, upgrade_polls;  ///< instead of a time
  Duration check_valid{std::chrono::hours{24 * 7}};
  Duration visible_after{0};  ///< so long status and histories go on showing what was before
  Duration dst_delay{0};      ///< from an upgrade's end until the history names the new instance
  Duration swap_delay{0};     ///< from an upgrade's end until the addresses change places
  Duration late_effect{0};    ///< from a submit's arrival until it is carried out
  Duration list_delay{0};     ///< so long the list shows nothing of an upgrade's begin and end
  std::string upgrading_status = "UPGRADING";  ///< of the source, in the list, during an upgrade
  std::string made_name = "{name}-{version}";  ///< of the instance that an upgrade makes
  bool second_upgrade = false;                 ///< is accepted while one of the same instance runs
  double check_fail = 0, upgrade_fail = 0, backup_fail = 0;  ///< shares of them
  std::vector<TroubleShare> faults;                          ///< their shares add up to 1 at most
  Range latency{};                                           ///< of every answer
  Duration clock_offset{0};  ///< of the cloud's clock against this machine's
  std::uint64_t seed = 1;
  std::string token;  ///< not empty: every call must bring it
  Auth auth = Auth::none;
  std::string access_key = "AKEXAMPLE0123456789X";  ///< the reference's own example
  std::string secret_key = "skExample0123456789abcdefghijklmnopqrst";
  std::string security_token;  ///< not empty: belongs to the key
  std::string user = "pawl", password = "Example-Password-1", domain = "pawl-domain";
  std::string region = "eu-de";                         ///< the name of the project
  Duration credentials_valid = std::chrono::hours{24};  ///< tokens and temporary keys
  std::optional<CallRange> revoked;                     ///< these calls are refused
  std::uint32_t throttle = 0;                           ///< calls a minute; 0: any number
};

}  // namespace pawl::simulate
