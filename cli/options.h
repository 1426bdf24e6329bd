// What every command is given besides its own arguments.
#pragma once

#include <cstdint>
#include <string>

namespace pawl {

enum class Format : std::uint8_t { table, json, ndjson, csv };
enum class LogLevel : std::uint8_t { error, warn, info, debug, trace };
enum class LogFormat : std::uint8_t { text, json };

struct Options {
  std::string store;  ///< path; never empty for a command that opens one
  Format format = Format::table;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  std::string ca_file{};  ///< PEM; empty: the system's own
};

/// contract.md's exit codes.
namespace exit_code {
inline constexpr int finished = 0;
inline constexpr int failures = 1;
inline constexpr int usage = 2;
inline constexpr int waits = 3;
inline constexpr int held = 4;
inline constexpr int remote = 5;
inline constexpr int store = 6;
inline constexpr int by_signal = 128;  ///< and the signal's number
}  // namespace exit_code

/// `$PAWL_STORE`, else `$XDG_STATE_HOME/pawl/pawl.db`, else `~/.local/state/pawl/pawl.db`; empty
/// when none of these is set.
std::string default_store();

/// The trusted certificates that the environment names (CURL_CA_BUNDLE, SSL_CERT_FILE, OS_CACERT,
/// in this order), or an empty text.
std::string default_ca_file();

/// user@host of the person who runs this process.
std::string present_actor();

/// What this program calls itself to those it calls.
std::string user_agent();

}  // namespace pawl
