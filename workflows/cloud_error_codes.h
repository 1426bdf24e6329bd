// The table of the cloud's error codes.
#pragma once

#include <optional>
#include <string_view>

#include "workflows/cloud_errors.h"

namespace pawl::cloud {

/// Where a code comes from; only the service itself can have begun to act.
enum class CodeSource : std::uint8_t { service, gateway, identity };

struct KnownCode {
  CodeSource source;
  std::optional<ErrorClass> error_class;  ///< none: the HTTP status decides
};

/// What an answer means that has no known code.
ErrorClass class_of_status(int status);

/// What is known of `code`, a system, a point and a number; nullopt for any other text.
std::optional<KnownCode> find_code(std::string_view code);

}  // namespace pawl::cloud
