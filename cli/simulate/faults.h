// What can go wrong with an answer, by the words of `--fault`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::simulate {

enum class Trouble : std::uint8_t {
  reset_before,
  reset_after,
  error_before,
  error_after,
  gateway_before,
  gateway_after,
  throttled,
  throttled_until,
  redirect,
  garbage,
  cut_json,
  truncated,
  oversized,
  dribble,
  quota,
  forbidden,
};

/// One kind of trouble: its word, whether the call was carried out all the same, and what comes.
struct TroubleKind {
  Trouble trouble;
  std::string_view word;
  bool done;
  std::string_view comes;
  bool of_upgrades = false;  ///< strikes the POSTs of upgrades alone
};

/// The first so many may strike any call.
inline constexpr std::size_t troubles_of_any_call = 14;

/// In the order of Trouble.
inline constexpr std::array<TroubleKind, troubles_of_any_call + 2> trouble_kinds{{
    {Trouble::reset_before, "reset-before", false, "the connection is closed"},
    {Trouble::reset_after, "reset-after", true, "the connection is closed"},
    {Trouble::error_before, "500-before", false, "500"},
    {Trouble::error_after, "500-after", true, "500"},
    {Trouble::gateway_before, "502-before", false, "502 with a page of HTML"},
    {Trouble::gateway_after, "502-after", true, "502 with a page of HTML"},
    {Trouble::throttled, "429", false, "429"},
    {Trouble::throttled_until, "429-retry-after", false, "429 with Retry-After: 1"},
    {Trouble::redirect, "redirect", false, "307 to another host; /_stats counts who follows"},
    {Trouble::garbage, "garbage", true, "200 with a page of HTML"},
    {Trouble::cut_json, "cut-json", true, "200 with JSON that ends in its middle"},
    {Trouble::truncated, "truncated", true, "the connection ends in the middle of the body"},
    {Trouble::oversized, "oversized", true, "a body of 100 MB"},
    {Trouble::dribble, "dribble", true, "a body that comes a byte every 100 ms"},
    {Trouble::quota, "quota", false, "to an upgrade: 413, no quota for another instance", true},
    {Trouble::forbidden, "forbidden", false, "to an upgrade: 403, no right to upgrade", true},
}};

std::optional<Trouble> trouble_from(std::string_view word);
const TroubleKind& kind_of(Trouble trouble);
/// The words, with commas between them.
std::string trouble_words();
/// A line each, for --help.
std::string trouble_help();

struct TroubleShare {
  Trouble trouble;
  double share;
};

}  // namespace pawl::simulate
