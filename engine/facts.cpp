#include "engine/facts.h"

#include <algorithm>

namespace pawl {

const std::string& Facts::get(FactKey key) const {
  static const std::string unknown;
  for (const auto& [name, text] : items_) {
    if (name == key) return text;
  }
  return unknown;
}

void Facts::set(FactKey key, std::string text) {
  const auto found = std::find_if(items_.begin(), items_.end(),
                                  [key](const auto& item) { return item.first == key; });
  if (found == items_.end()) {
    if (!text.empty()) items_.emplace_back(key, std::move(text));
  } else if (text.empty()) {
    items_.erase(found);
  } else {
    found->second = std::move(text);
  }
}

}  // namespace pawl
