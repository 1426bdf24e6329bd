// 128 bits of a world's key: with millions of worlds two that differ do not meet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl::explorer {

struct Digest {
  std::uint64_t high, low;
  bool operator==(const Digest&) const = default;
};
struct DigestHash {
  std::size_t operator()(const Digest& digest) const { return digest.low; }
};

Digest digest_of(std::string_view key);

}  // namespace pawl::explorer
