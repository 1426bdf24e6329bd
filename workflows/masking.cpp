#include "workflows/masking.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "engine/ascii.h"
#include "engine/result.h"

namespace pawl::cloud {

namespace {

constexpr std::size_t anywhere_min = 8, word_min = 4;
/// JSON in a text of JSON, as a gateway quotes the body of what is behind it.
constexpr std::size_t levels_max = 2;
constexpr std::string_view mark = "***";

/// From here to the next anchor a decoded text stands for what is at `from` and on in the text that
/// it was decoded from. Small, for a hostile body may be all escapes.
struct Anchor {
  std::uint32_t at, from;
  bool escape;  ///< one escape, all of whose bytes begin where it does
};

/// A text as the escapes of another mean it.
struct Decoded {
  std::string text;
  std::vector<Anchor> anchors{};  ///< by `at`

  /// Where that byte begins in the other text.
  std::size_t begins(std::size_t at) const {
    const auto beyond = [](std::size_t place, const Anchor& anchor) { return place < anchor.at; };
    const auto next = std::upper_bound(anchors.begin(), anchors.end(), at, beyond);
    if (next == anchors.begin()) return at;
    const Anchor& anchor = *std::prev(next);
    return anchor.escape ? anchor.from : anchor.from + (at - anchor.at);
  }
};

std::optional<char32_t> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  const char* const end = text.data() + 4;
  const auto [rest, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&out, c](int shift) {
    out += static_cast<char>(0x80 | ((c >> shift) & 0x3F));
  };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// The escape at the beginning of `text`: what it means goes to `out`; its length, 0 for none.
std::size_t take_escape(std::string_view text, std::string& out) {
  constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  if (text.size() < 2) return 0;
  if (const std::size_t at = letters.find(text[1]); at != letters.npos) {
    out += meanings[at];
    return 2;
  }
  if (text[1] != 'u') return 0;
  const auto first = hex4(text.substr(2));
  if (!first) return 0;
  const bool leads = *first >= 0xD800 && *first < 0xDC00;
  if (leads && text.substr(6).starts_with("\\u")) {
    const auto second = hex4(text.substr(8));
    if (second && *second >= 0xDC00 && *second < 0xE000) {
      append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
      return 12;
    }
  }
  append_utf8(out, *first);
  return 6;
}

Anchor anchor(const std::string& decoded, std::size_t from, bool escape) {
  return {static_cast<std::uint32_t>(decoded.size()), static_cast<std::uint32_t>(from), escape};
}

Decoded decode(std::string_view text) {
  check(text.size() <= std::numeric_limits<std::uint32_t>::max(), "an answer of bounded size");
  Decoded decoded;
  decoded.text.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t escape = std::min(text.find('\\', at), text.size());
    decoded.text.append(text, at, escape - at);
    at = escape;
    if (at == text.size()) break;
    decoded.anchors.push_back(anchor(decoded.text, at, true));
    std::size_t length = take_escape(text.substr(at), decoded.text);
    if (length == 0) {
      decoded.text += text[at];
      length = 1;
    }
    at += length;
    if (at == text.size() || text[at] != '\\') {
      decoded.anchors.push_back(anchor(decoded.text, at, false));
    }
  }
  return decoded;
}

bool belongs_to_word(char c) {
  return is_digit(c) || is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
}

bool is_whole_word(std::string_view text, std::size_t from, std::size_t to) {
  return (from == 0 || !belongs_to_word(text[from - 1])) &&
         (to == text.size() || !belongs_to_word(text[to]));
}

using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

/// Where the secret stands in `text`, told as the places in what was decoded, `levels` deep, to it.
void find_secret(std::string_view text, std::span<const Decoded> levels, std::string_view secret,
                 Words words, Ranges& found) {
  const bool anywhere = secret.size() >= anywhere_min;
  if (!anywhere && (words == Words::read || secret.size() < word_min)) return;
  const auto begins = [levels](std::size_t at) {
    for (std::size_t level = levels.size(); level > 0; --level)
      at = levels[level - 1].begins(at);
    return at;
  };
  for (std::size_t at = text.find(secret); at != text.npos; at = text.find(secret, at + 1)) {
    const std::size_t end = at + secret.size();
    if (anywhere || is_whole_word(text, at, end)) found.emplace_back(begins(at), begins(end));
  }
}

void put_marks(std::string& text, Ranges& found) {
  std::sort(found.begin(), found.end());
  std::string out;
  std::size_t copied = 0;
  for (const auto& [from, to] : found) {
    if (from >= copied) out.append(text, copied, from - copied).append(mark);
    copied = std::max(copied, to);
  }
  out.append(text, copied);
  text = std::move(out);
}

}  // namespace

void mask_secrets(std::string& text, std::span<const std::string_view> secrets, Words words) {
  Ranges found;
  std::vector<Decoded> levels;
  levels.reserve(levels_max);
  for (std::string_view now = text;; now = levels.back().text) {
    for (const std::string_view secret : secrets)
      find_secret(now, levels, secret, words, found);
    if (levels.size() == levels_max || now.find('\\') == now.npos) break;
    levels.push_back(decode(now));
  }
  if (!found.empty()) put_marks(text, found);
}

}  // namespace pawl::cloud
