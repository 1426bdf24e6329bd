#include "engine/command.h"

#include <fmt/core.h>

namespace pawl {

namespace {

constexpr std::size_t words_max = 200;

/// The last line that says anything, cut to a length.
std::string_view last_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  text.remove_prefix(text.find_last_of('\n') + 1);  // npos + 1 is 0
  if (text.size() <= words_max) return text;
  std::size_t cut = words_max;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U)
    --cut;
  return text.substr(0, cut);
}

/// What a shell means by these two codes.
std::string_view meaning(int code) {
  if (code == cannot_be_run) return ", the command cannot be run";
  return code == 127 ? ", the command was not found" : "";
}

}  // namespace

bool lost_its_directory(const Exited& exited) {
  return exited.code == cannot_be_run && exited.output.starts_with(directory_lost);
}

bool went_well(const Exited& exited) {
  return exited.code == 0 && exited.signal == 0 && !exited.timed_out;
}

std::string describe(const Exited& exited) {
  std::string words = exited.signal != 0
                          ? fmt::format("ended by signal {}", exited.signal)
                          : fmt::format("exit code {}{}", exited.code, meaning(exited.code));
  if (exited.timed_out) words = "its time was over (" + words + ")";
  const std::string_view said = last_line(exited.output);
  return said.empty() ? words : fmt::format("{}: {}", words, said);
}

}  // namespace pawl
