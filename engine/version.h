#pragma once

#include <string_view>

namespace pawl {

/// Of the code that decides; every entry carries it.
inline constexpr std::string_view engine_version = "0.6.0";

}  // namespace pawl
