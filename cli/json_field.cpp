#include "cli/json_field.h"

#include <nlohmann/json.hpp>

namespace pawl {

std::string text_field(std::string_view json, const char* name) {
  const auto object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object()) return "";
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace pawl
