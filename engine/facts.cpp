#include "engine/facts.h"

namespace pawl {

std::string_view Facts::get(FactKey key) const {
  for (const auto& [known, text] : *this) {
    if (known == key) return text;
  }
  return {};
}

void Facts::set(FactKey key, std::string_view text) {
  auto item = items_.begin();
  std::size_t at = 0;
  for (; item != items_.end() && item->key != key; ++item)
    at += item->size;
  if (item == items_.end()) {
    if (text.empty()) return;
    items_.reserve(items_.size() + 1);  // no room to spare: there are as many lists as runs
    item = items_.insert(items_.end(), {key, 0});
  }
  texts_.replace(at, item->size, text);
  texts_.shrink_to_fit();
  item->size = text.size();
  if (text.empty()) items_.erase(item);
}

}  // namespace pawl
