#include "cli/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/json.h"
#include "cli/text.h"
#include "engine/io/system_clock.h"
#include "engine/time.h"

namespace pawl {

namespace {

constexpr std::array<std::string_view, 5> level_words{"error", "warn", "info", "debug", "trace"};

}  // namespace

void Log::write(LogLevel level, std::string_view text) const {
  if (!shows(level)) return;
  const auto word = level_words[static_cast<std::size_t>(level)];
  std::string line;
  if (format_ == LogFormat::json) {
    const auto now = wall_time();
    const Json object{{"time", format_utc(now)}, {"level", word}, {"message", text}};
    line = dump(object);
  } else {
    const bool tagged = level != LogLevel::info;
    const std::string tag = tagged ? fmt::format("pawl: {}: ", word) : "pawl: ";
    const std::string lines = printable_lines(text);
    line = tag;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      line += lines[i];
      // Whoever looks for warnings finds all of each.
      if (tagged && lines[i] == '\n' && i + 1 < lines.size()) line += tag;
    }
    constexpr std::size_t below_words = 6;  // "pawl: "
    const auto shown = wrapped(line, terminal_columns(STDERR_FILENO, 0), below_words);
    line = fmt::format("{}", fmt::join(shown, "\n"));
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace pawl
