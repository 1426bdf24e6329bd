// Single texts out of the JSON that the store keeps as text.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

/// The text member `name` of the object `json`; empty where there is none.
std::string text_field(std::string_view json, const char* name);

}  // namespace pawl
