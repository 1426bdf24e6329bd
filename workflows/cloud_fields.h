// Reading typed fields out of an answer; the grammar of an answer becomes one straight list.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/http.h"
#include "workflows/cloud_answer.h"
#include "workflows/cloud_json.h"
#include "workflows/versions.h"

namespace pawl::cloud {

/// The JSON of a 2xx answer. `answer` names it in messages: "the answer to …".
Answer<JsonDocument> open_answer(const HttpResponse& response, std::string_view answer);

/// The fields of one object. The first one that is not as it must be is kept as the flaw, and what
/// is returned then only keeps the reader going. Null, absent and (for texts) blank are the same:
/// not given. Texts come without outer blanks unless said otherwise.
class Fields {
 public:
  /// `object` must outlive this; any other kind of value is the first flaw.
  Fields(const Json& object, std::string_view answer);

  std::string text(std::string_view name);           ///< must be given
  std::string id(std::string_view name);             ///< printable ASCII without blanks, ≤ 128
  std::string optional_text(std::string_view name);  ///< empty when not given
  std::string verbatim(std::string_view name);       ///< optional, outer blanks kept
  std::string optional_id(std::string_view name);    ///< empty when not given
  /// Ids that are asked for by a path: one that cannot stand there is a flaw.
  std::string instance_id(std::string_view name);
  std::string optional_instance_id(std::string_view name);  ///< empty when not given
  VersionText version(std::string_view name);
  std::optional<VersionText> optional_version(std::string_view name);
  CloudTime time(std::string_view name);
  OptionalTime optional_time(std::string_view name);  ///< never a flaw
  std::optional<bool> optional_boolean(std::string_view name);
  std::int64_t count(std::string_view name);  ///< an integer ≥ 0, must be given
  const Json* optional_object(std::string_view name);
  /// The elements of an array; must be given, but may be empty.
  const std::vector<Json>& array(std::string_view name);
  const std::vector<Json>& optional_array(std::string_view name);
  /// One of `words`, exactly; must be given. `also` is a second name under which it may stand.
  template <typename Enum, std::size_t N>
  Enum word(std::string_view name, const std::array<std::pair<std::string_view, Enum>, N>& words,
            std::string_view also = {}) {
    const std::string given = word_text(name, also);
    for (const auto& [spelling, value] : words) {
      if (given == spelling) return value;
    }
    unknown_word(name, given);
    return words.front().second;
  }

  bool has(std::string_view name) const { return given(name) != nullptr; }
  const std::optional<Unreadable>& flaw() const { return flaw_; }
  void fail(Flaw flaw, std::string_view name, std::string_view found, std::string_view expected);
  /// Takes over the flaw of an object within this one.
  void fail(const Unreadable& flaw);

 private:
  const Json* given(std::string_view name) const;
  const Json* given_text(std::string_view name);
  std::string word_text(std::string_view name, std::string_view also);
  void unknown_word(std::string_view name, std::string_view given);

  const Json* object_;
  std::string_view answer_;
  std::optional<Unreadable> flaw_;
};

/// Reads every element of `list` with `read(Fields&)`; one with a flaw lands in `unreadable`.
template <typename T, typename Read>
void read_entries(const std::vector<Json>& list, std::string_view answer, Read read,
                  std::vector<T>& entries, std::vector<UnreadableEntry>& unreadable) {
  for (const Json& element : list) {
    Fields fields(element, answer);
    T entry = read(fields);
    if (!fields.flaw()) {
      entries.push_back(std::move(entry));
      continue;
    }
    unreadable.push_back({Fields(element, answer).optional_id("id"), *fields.flaw()});
  }
}

}  // namespace pawl::cloud
