// What is wrong with a command line, in words.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace pawl {

/// What happened, at which option or argument of which command, and where to read on; `wrong` is
/// what `app` has thrown over `words`, the command line.
std::string words_of_usage(const CLI::App& app, const CLI::ParseError& wrong,
                           std::span<const char* const> words);

/// "`xml` is none of table, json (did you mean …?)": what a value of a closed list is refused with.
std::string none_of(const std::string& given, const std::vector<std::string>& known);

/// An option whose value is one of the words of `known`.
template <typename T, typename Into>
CLI::Option* add_choice(CLI::App& app, const std::string& names, Into& into,
                        const std::map<std::string, T>& known, const std::string& description) {
  return app.add_option_function<std::string>(
      names,
      [names, known, &into](const std::string& given) {
        const auto found = known.find(given);
        if (found != known.end()) {
          into = found->second;
          return;
        }
        std::vector<std::string> words;
        for (const auto& [word, value] : known)
          words.push_back(word);
        throw CLI::ValidationError(names.substr(names.find("--")), none_of(given, words));
      },
      description);
}

/// For `check`: a number that counts something.
std::string is_count(const std::string& given);

}  // namespace pawl
