// UTF-8 (RFC 3629), where bytes of unknown origin become text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl {

/// How many bytes the character at the front of `text` takes; 0 where none is well-formed there
/// (an overlong form and a surrogate are not), or `text` is empty.
std::size_t utf8_character(std::string_view text);

/// Puts U+FFFD in place of each byte that belongs to no character. The journal keeps text alone,
/// and what is decided again from it must have been decided from the same: so it is done before any
/// decision, to whatever comes from outside.
void make_utf8(std::string& text);

}  // namespace pawl
