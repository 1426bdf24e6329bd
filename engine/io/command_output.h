// What a command writes, kept within a bound.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl {

/// Keeps the beginning and the end of what comes, and counts the rest.
class CommandOutput final {
 public:
  /// The longest text that `text` gives is a little over this.
  static constexpr std::size_t bytes_max = std::size_t{16} * 1024;

  void add(std::string_view bytes);
  /// Legible UTF-8: whatever else came is shown as U+FFFD, but for line breaks and tabs. What was
  /// left out is told in a line of its own.
  std::string text() const;

 private:
  std::string head_, tail_;
  std::size_t left_out_ = 0;
};

}  // namespace pawl
