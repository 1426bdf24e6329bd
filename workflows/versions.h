// PostgreSQL versions as the cloud spells them, compared by their numeric parts.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace pawl::cloud {

/// "14", "14.6", "14.6.1": one to four numbers. Orders by parts, and a shorter one before what it
/// begins: 13.9 < 13.10 < 14 < 14.0.
struct Version {
  std::array<std::uint16_t, 4> parts{};  ///< 0 beyond `count`
  std::uint8_t count = 0;                ///< of parts given
  auto operator<=>(const Version&) const = default;

  std::uint16_t major() const { return parts[0]; }
};

/// A version with the spelling in which it came.
struct VersionText {
  std::string text;
  Version version;
  bool operator==(const VersionText&) const = default;
};

/// Digits and points alone: at most four parts, each 0 to 65535 without leading zeros.
std::optional<Version> parse_version(std::string_view text);

/// Equal in the parts that both give, at least one: the cloud writes 14.6 in one place and 14.6.1
/// in another for the same thing (cloud-api 1.7, decision 10).
bool matches(const Version& a, const Version& b);

/// Two texts of what may be one target: "14" is what 14.6 was chosen for.
bool same_target(std::string_view one, std::string_view other);

/// The offered version to upgrade to, exactly as it was listed.
struct Offered {
  std::string text;
  bool operator==(const Offered&) const = default;
};
/// Why there is none; one sentence without its point.
struct NotOffered {
  std::string reason;
  bool operator==(const NotOffered&) const = default;
};

/// Why an instance of version `source` cannot go to `wanted`, whatever it is offered: a text that
/// is no version, or one that is not newer by its major part. Nothing where the offers decide.
std::optional<NotOffered> never_offered(std::string_view wanted, std::string_view source);

/// The newest of `offered` that matches `wanted` ("14": any of that major; "14.6": that one, and
/// never a bare "14", which may be another minor), for an instance whose version is `source`.
/// Versions of the source's major or an older one are no targets, nor are entries that cannot be
/// read.
std::variant<Offered, NotOffered> newest_offered(std::span<const std::string> offered,
                                                 std::string_view wanted, std::string_view source);

}  // namespace pawl::cloud
