// Failures of a fleet are few kinds in many words: the free text of a report without what differs
// from instance to instance. For people to group by; nothing is ever decided by it.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

struct FailureSignature {
  std::string id;      ///< eight hexadecimal digits of the text's SHA-256
  std::string text;    ///< times, names in quotes, ids and numbers taken out; at most 160 bytes
  std::string remedy;  ///< what to do about it; empty where nothing is documented
};

/// The signature of a failed run's reason. The same for two reports that differ in instance,
/// time, names and counts alone. An empty reason has a signature too.
FailureSignature signature_of(std::string_view reason);

/// What went wrong in the reason's own words, on one line: a report begins with what went well.
std::string gist_of(std::string_view reason);

}  // namespace pawl
