#include "cli/usage.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text.h"
#include "engine/ascii.h"

namespace pawl {

namespace {

/// As it is called on a command line: "pawl obligations close".
std::string called(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : called(*parent) + ' ' + command.get_name();
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      names.push_back("--" + name);
  }
  return names;
}

std::string meant_by(const std::string& given, const std::vector<std::string>& known) {
  return did_you_mean(given, std::vector<std::string_view>(known.begin(), known.end()));
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

const CLI::App& innermost(const CLI::App& command) {
  const auto below = command.get_subcommands();
  return below.empty() ? command : innermost(*below.front());
}

std::string words_of_surplus(const CLI::App& command, const std::string& word) {
  return fmt::format("`{}` is one argument too many for `{}`", printable(word), called(command));
}

/// A word that `command` cannot take.
std::string words_of_extra(const CLI::App& command, const std::string& word) {
  const std::string name = called(command);
  if (is_option(word)) {
    const std::string option = word.substr(0, word.find('='));
    return fmt::format("`{}` is no option of `{}`{}", printable(option), name,
                       meant_by(option, options_of(command)));
  }
  const std::vector<std::string> commands = commands_of(command);
  const std::string meant = meant_by(word, commands);
  if (commands.empty() || (command.get_parent() != nullptr && meant.empty()))
    return words_of_surplus(command, word);
  return fmt::format("`{}` is no command of `{}`{}", printable(word), name, meant);
}

/// The description of an option in the middle of a sentence.
std::string told_as(const CLI::Option& option) {
  std::string text = option.get_description();
  if (text.size() > 1 && is_upper(text[0]) && !is_upper(text[1])) text[0] = to_lower(text[0]);
  return text;
}

std::string words_of_missing(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_required() && option->count() == 0)
      return fmt::format("`{}` needs {}: {}", called(command), option->get_name(),
                         told_as(*option));
  }
  const std::vector<std::string> commands = commands_of(command);
  return fmt::format("`{}` needs a command{}", called(command),
                     commands.size() == 1 ? ": " + commands.front() : "");
}

/// In the library's own words after the option's name, where they stand in none of ours.
std::string words_of_value(const CLI::App& command, const CLI::ParseError& wrong) {
  const std::string text = wrong.what();
  const std::string name = called(command);
  const std::size_t colon = text.find(": ");
  const std::string before = text.substr(0, colon);
  const std::string after = colon == std::string::npos ? "" : text.substr(colon + 2);
  if (dynamic_cast<const CLI::ExcludesError*>(&wrong) != nullptr) {
    const std::size_t at = text.find(" excludes ");
    return fmt::format("`{}` and `{}` cannot be given together to `{}`", text.substr(0, at),
                       text.substr(at + 10), name);
  }
  if (dynamic_cast<const CLI::ConversionError*>(&wrong) != nullptr &&
      before == "Could not convert") {
    const std::size_t at = after.find(" = ");
    const CLI::Option* option = command.get_option_no_throw(after.substr(0, at));
    if (option != nullptr && option->get_items_expected_max() == 0)
      return fmt::format("`{}` of `{}` takes no value", after.substr(0, at), name);
    return fmt::format("`{}` of `{}` cannot take `{}` as a number", after.substr(0, at), name,
                       printable(after.substr(at + 3)));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&wrong) != nullptr)
    return after.ends_with("missing") ? fmt::format("`{}` of `{}` needs a value", before, name)
                                      : fmt::format("`{}` may be given once to `{}`", before, name);
  return fmt::format("`{}` of `{}`: {}", before, name, printable(after));
}

}  // namespace

std::string none_of(const std::string& given, const std::vector<std::string>& known) {
  return fmt::format("`{}` is none of {}{}", printable(given), fmt::join(known, ", "),
                     meant_by(given, known));
}

std::string is_count(const std::string& given) {
  const bool digits =
      !given.empty() && given.size() < 19 && std::all_of(given.begin(), given.end(), is_digit);
  return digits ? "" : fmt::format("`{}` is no number from 0 on", printable(given));
}

std::string words_of_usage(const CLI::App& app, const CLI::ParseError& wrong,
                           std::span<const char* const> given) {
  std::string words;
  const CLI::App* command = &app;
  // Behind `--` nothing is a command, though the library gives it to the outermost.
  const bool marked = std::any_of(given.begin(), given.end(),
                                  [](const char* word) { return std::string_view(word) == "--"; });
  while (true) {
    // It counts before what the library says is missing: that was perhaps meant by it.
    if (const auto extra = command->remaining(); !extra.empty()) {
      if (marked) command = &innermost(*command);
      words = marked ? words_of_surplus(*command, extra.front())
                     : words_of_extra(*command, extra.front());
      break;
    }
    const auto below = command->get_subcommands();
    if (below.empty()) break;
    command = below.front();
  }
  if (words.empty()) {
    words = dynamic_cast<const CLI::RequiredError*>(&wrong) != nullptr
                ? words_of_missing(*command)
                : words_of_value(*command, wrong);
  }
  return fmt::format("{}; `{} --help` tells more", words, called(*command));
}

}  // namespace pawl
