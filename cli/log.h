// Words to the person at the terminal that are not data: stderr, one line each.
#pragma once

#include <string_view>

#include "cli/options.h"

namespace pawl {

class Log final {
 public:
  Log(LogLevel level, LogFormat format) : level_(level), format_(format) {}

  /// Nothing where `level` is above what was asked for. Control characters are taken out.
  void write(LogLevel level, std::string_view text) const;
  void error(std::string_view text) const { write(LogLevel::error, text); }
  void warn(std::string_view text) const { write(LogLevel::warn, text); }
  void info(std::string_view text) const { write(LogLevel::info, text); }
  void debug(std::string_view text) const { write(LogLevel::debug, text); }

  bool shows(LogLevel level) const { return level <= level_; }

 private:
  LogLevel level_;
  LogFormat format_;
};

}  // namespace pawl
