// One text out of several, for what is put together at every call.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace pawl {

/// `parts` one behind the other, in memory that is taken once.
inline std::string concatenated(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts)
    size += part.size();
  std::string whole;
  whole.reserve(size);
  for (const std::string_view part : parts)
    whole += part;
  return whole;
}

}  // namespace pawl
