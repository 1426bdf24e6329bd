#include "workflows/upgrade_facts.h"

#include <algorithm>
#include <charconv>

namespace pawl {

std::string to_fact(CloudInstant at) {
  return format_utc(at.at);
}

std::optional<CloudInstant> instant_from_fact(std::string_view text) {
  const auto at = parse_utc(text);
  return at ? std::optional(CloudInstant{*at}) : std::nullopt;
}

std::uint32_t listed_of(const Facts& facts) {
  const std::string_view text = facts.get(fact::listed);
  std::uint32_t rows = 0;
  const auto [end, flaw] = std::from_chars(text.data(), text.data() + text.size(), rows);
  return flaw == std::errc{} && end == text.data() + text.size() ? rows : 0;
}

// Ids and addresses come without blanks (cloud::Fields::id), so a blank parts them.
std::string to_fact(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::vector<std::string> words_from_fact(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    words.emplace_back(text.substr(from, to - from));
    from = to + 1;
  }
  return words;
}

}  // namespace pawl
