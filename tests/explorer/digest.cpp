#include "tests/explorer/digest.h"

#include <algorithm>

namespace pawl::explorer {

namespace {

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  return x ^ (x >> 32);
}

}  // namespace

Digest digest_of(std::string_view key) {
  Digest digest{0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f};
  for (std::size_t i = 0; i < key.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t j = i; j < std::min(i + 8, key.size()); ++j)
      word = word << 8 | static_cast<unsigned char>(key[j]);
    digest.high = mix(digest.high ^ word);
    digest.low = mix(digest.low + word * 0x9fb21c651e98df25);
  }
  digest.low = mix(digest.low + key.size());
  return digest;
}

}  // namespace pawl::explorer
