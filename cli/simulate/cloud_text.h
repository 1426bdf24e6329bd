// The stand-in's answers as text, in the spellings that the cloud documents.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/http.h"
#include "engine/time.h"

namespace pawl::simulate {

inline constexpr std::string_view api_unknown =
    "The API does not exist or has not been published in the environment";

/// {"error_code":…,"error_msg":…}
std::string error_body(std::string_view code, std::string_view text);
/// A JSON string with its quotes.
std::string json_text(std::string_view text);
/// 2023-03-06T02:33:49+0800: whole seconds, an offset without colon.
std::string cloud_time(CloudInstant at);
/// 2023-03-06 18:33:26, as lines of `detail` begin.
std::string detail_time(CloudInstant at);

/// The query's value of that name, empty where it has none.
std::string_view value_of(const HttpRequest& request, std::string_view name);

struct PageAsked {
  std::size_t offset = 0, limit = 0;
};
/// Offset and limit of a list, nullopt where they are no numbers or the limit is not 1 to 100.
std::optional<PageAsked> page_of(std::string_view offset, std::string_view limit,
                                 std::size_t otherwise);

}  // namespace pawl::simulate
