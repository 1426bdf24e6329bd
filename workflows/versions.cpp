#include "workflows/versions.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>

#include "engine/ascii.h"
#include "workflows/cloud_text.h"

namespace pawl::cloud {

namespace {

constexpr std::size_t listed_max = 20;

/// One part, 0 to 65535 without leading zeros.
std::optional<std::uint16_t> parse_part(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (value > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

std::string list_of(std::span<const std::string> offered) {
  if (offered.empty()) return "nothing";
  std::string list;
  for (const std::string& text : offered.first(std::min(offered.size(), listed_max))) {
    if (!list.empty()) list += ", ";
    list += one_line(text, 40);
  }
  if (offered.size() > listed_max) {
    list += fmt::format(" and {} more", offered.size() - listed_max);
  }
  return list;
}

/// Whether an offer is what is wanted. One of a minor version must name that minor; a third part
/// may be missing, since the cloud lists 14.6 for 14.6.1 too (cloud-api 1.7).
bool is_wanted(const Version& offer, const Version& wanted) {
  return offer.count >= std::min<std::uint8_t>(wanted.count, 2) && matches(offer, wanted);
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  while (true) {
    const std::size_t point = text.find('.');
    const auto part = parse_part(text.substr(0, point));
    if (!part || version.count == version.parts.size()) return std::nullopt;
    version.parts[version.count++] = *part;
    if (point == std::string_view::npos) return version;
    text.remove_prefix(point + 1);
  }
}

bool matches(const Version& a, const Version& b) {
  const std::uint8_t both = std::min(a.count, b.count);
  return both > 0 && std::equal(a.parts.begin(), a.parts.begin() + both, b.parts.begin());
}

bool same_target(std::string_view one, std::string_view other) {
  const auto a = parse_version(one);
  const auto b = parse_version(other);
  return a && b && matches(*a, *b);
}

std::optional<NotOffered> never_offered(std::string_view wanted, std::string_view source) {
  const auto target = parse_version(wanted);
  const auto from = parse_version(source);
  if (!target) {
    return NotOffered{fmt::format("the target version \"{}\" is no version", one_line(wanted))};
  }
  if (!from) {
    return NotOffered{
        fmt::format("the version of the instance, \"{}\", cannot be read", one_line(source))};
  }
  if (target->major() <= from->major()) {
    return NotOffered{
        fmt::format("{} is no later major version than {}, the instance's own", wanted, source)};
  }
  return std::nullopt;
}

std::variant<Offered, NotOffered> newest_offered(std::span<const std::string> offered,
                                                 std::string_view wanted, std::string_view source) {
  if (auto never = never_offered(wanted, source)) return std::move(*never);
  const auto target = parse_version(wanted);
  const std::string* best = nullptr;
  Version best_version;
  for (const std::string& text : offered) {
    const auto version = parse_version(text);
    if (!version || !is_wanted(*version, *target)) continue;
    if (best != nullptr && *version <= best_version) continue;
    best = &text;
    best_version = *version;
  }
  if (best != nullptr) return Offered{*best};
  return NotOffered{
      fmt::format("the cloud does not offer {} to this instance of version {}; it offers {}",
                  wanted, source, list_of(offered))};
}

}  // namespace pawl::cloud
