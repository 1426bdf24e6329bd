#include "workflows/upgrade_facts.h"

namespace pawl {

std::string to_fact(CloudInstant at) {
  return format_utc(at.at);
}

std::optional<CloudInstant> instant_from_fact(const std::string& text) {
  const auto at = parse_utc(text);
  return at ? std::optional(CloudInstant{*at}) : std::nullopt;
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

std::vector<std::string> words_from_fact(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    words.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return words;
}

}  // namespace pawl
