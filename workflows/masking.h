// Secrets taken out of the cloud's words, before anybody decodes, shows or keeps them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pawl::cloud {

/// What a text is for.
enum class Words : std::uint8_t {
  read,    ///< fields are read from it: a short secret may be a word of any answer
  quoted,  ///< it is told to people, as a refusal is
};

/// Puts three stars for each of `secrets`, spelled plainly or as JSON escapes it, once or twice
/// over: what is decoded later shows none either. From 8 bytes on a secret goes wherever it stands.
/// A shorter one goes from `quoted` words alone, and only where it is a whole word, with no letter
/// or digit at its sides; below 4 bytes it stays, for it could be any number.
void mask_secrets(std::string& text, std::span<const std::string_view> secrets, Words words);

}  // namespace pawl::cloud
