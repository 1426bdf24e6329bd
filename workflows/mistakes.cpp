#include "workflows/mistakes.h"

#include <fmt/core.h>

#include <algorithm>

#include "workflows/cloud_text.h"

namespace pawl {

namespace {

/// Walks forward over a text, so that many places of one long line cost one pass.
class Walker {
 public:
  explicit Walker(std::string_view text) : rest_(text) {}

  /// `bytes`, whose column counts bytes, is not before the one asked for last.
  Place characters(Place bytes) {
    while (line_ < bytes.line && skip_line()) {
    }
    while (byte_column_ < bytes.column && !rest_.empty() && rest_.front() != '\n') {
      ++byte_column_;
      if ((static_cast<unsigned char>(rest_.front()) & 0xC0) != 0x80) ++column_;
      rest_.remove_prefix(1);
    }
    return {line_, column_};
  }

 private:
  bool skip_line() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + 1);
    ++line_;
    byte_column_ = column_ = 1;
    return true;
  }

  std::string_view rest_;
  std::uint32_t line_ = 1, byte_column_ = 1, column_ = 1;
};

}  // namespace

void sort_and_count_characters(std::vector<Mistake>& mistakes, std::string_view text) {
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.place() < b.place(); });
  Walker walker(text);
  for (Mistake& mistake : mistakes) {
    const Place place = walker.characters(mistake.place());
    mistake.line = place.line;
    mistake.column = place.column;
  }
}

std::string render_mistakes(std::span<const Mistake> mistakes, std::string_view file_name) {
  const std::string file = cloud::one_line(file_name, 4096);
  std::string lines;
  for (const Mistake& mistake : mistakes.first(std::min(mistakes.size(), mistakes_shown_max))) {
    if (!lines.empty()) lines += '\n';
    lines += fmt::format("{}:{}:{}: {}", file, mistake.line, mistake.column, mistake.message);
  }
  if (mistakes.size() > mistakes_shown_max) {
    lines += fmt::format("\n{}: and {} more mistakes; mend these first", file,
                         mistakes.size() - mistakes_shown_max);
  }
  return lines;
}

}  // namespace pawl
