// What changed between two versions of a plan, in words for the person who changed it.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

/// One line for each key or entry that was added, removed or changed, as
/// "waves[canary].max_parallel: 1, now 2"; at most twenty, then how many more. Texts are compared
/// as they read, so quotes, comments and layout make no difference; where nothing else differs,
/// that is said. Bytes that are no YAML are said to be so. No final line end, never empty.
std::string describe_difference(std::string_view before, std::string_view after);

}  // namespace pawl
