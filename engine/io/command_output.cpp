#include "engine/io/command_output.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/utf8.h"

namespace pawl {
namespace {

constexpr std::size_t head_max = CommandOutput::bytes_max / 4;
constexpr std::size_t tail_max = CommandOutput::bytes_max - head_max;

void append_legible(std::string_view bytes, std::string& text) {
  while (!bytes.empty()) {
    const std::size_t size = utf8_character(bytes);
    const auto first = static_cast<unsigned char>(bytes.front());
    const bool control = first < 0x20 && first != '\n' && first != '\t';
    if (size == 0 || control || first == 0x7F) {
      text += "\xEF\xBF\xBD";
    } else {
      text += bytes.substr(0, size);
    }
    bytes.remove_prefix(std::max<std::size_t>(size, 1));
  }
}

}  // namespace

void CommandOutput::add(std::string_view bytes) {
  const std::size_t first = std::min(bytes.size(), head_max - head_.size());
  head_ += bytes.substr(0, first);
  tail_ += bytes.substr(first);
  if (tail_.size() <= 2 * tail_max) return;
  left_out_ += tail_.size() - tail_max;
  tail_.erase(0, tail_.size() - tail_max);
}

std::string CommandOutput::text() const {
  std::string text;
  const std::size_t more = tail_.size() - std::min(tail_.size(), tail_max);
  append_legible(head_, text);
  if (left_out_ + more > 0) text += fmt::format("\n[{} bytes left out]\n", left_out_ + more);
  append_legible(std::string_view(tail_).substr(more), text);
  return text;
}

}  // namespace pawl
