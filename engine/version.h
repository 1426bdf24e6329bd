#pragma once

#include <string_view>

namespace pawl {

/// Of the code that decides; every entry carries it. Where entries come to hold what an older pawl
/// cannot read, the store's schema takes a step as well.
inline constexpr std::string_view engine_version = "0.8.0";

}  // namespace pawl
