#include "cli/asked.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/json.h"
#include "cli/text.h"

namespace pawl {

namespace {

std::string words_of(const AskedLever& lever) {
  const std::string target = lever.target.empty() ? "" : " " + printable(lever.target);
  return fmt::format("{}{}, asked for by {} at {}, is not answered yet", printable(lever.kind),
                     target, printable(lever.by), format_utc(lever.at));
}

}  // namespace

std::vector<std::string> words_of(const std::vector<AskedLever>& asked) {
  constexpr std::size_t all_of = 3, few = 2;
  const std::size_t shown = asked.size() > all_of ? few : asked.size();
  std::vector<std::string> words;
  for (std::size_t i = 0; i < shown; ++i)
    words.push_back(words_of(asked[i]));
  if (shown < asked.size())
    words.push_back(fmt::format("nor are {} more of what was asked for", asked.size() - shown));
  return words;
}

Json asked_json(const std::vector<AskedLever>& asked) {
  Json list = Json::array();
  for (const AskedLever& lever : asked) {
    list.push_back({{"kind", lever.kind},
                    {"target", text_or_null(lever.target)},
                    {"by", lever.by},
                    {"reason", text_or_null(lever.reason)},
                    {"asked", format_utc(lever.at)}});
  }
  return list;
}

}  // namespace pawl
