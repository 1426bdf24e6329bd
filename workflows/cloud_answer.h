// What reading an answer of the cloud's yields: the typed value, or why there is none.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "engine/result.h"
#include "workflows/cloud_time.h"

namespace pawl::cloud {

enum class Flaw : std::uint8_t {
  not_json,       ///< empty, cut off, a page, hostile nesting, a name given twice
  wrong_shape,    ///< a field is missing, null or of another type
  unknown_value,  ///< a word or version that is not documented
  bad_time,       ///< a time in no known spelling
  wrong_content,  ///< not what this call answers: no 2xx, or declared to be a page
};

/// An answer that cannot be taken for what was asked. It says nothing about the world and never
/// counts as success. `text` is one sentence without its point: which answer, which field, what
/// stood there; free of control characters, excerpts at most excerpt_max bytes long.
struct Unreadable {
  Flaw flaw;
  std::string text;
  bool operator==(const Unreadable&) const = default;
};

/// A T or Unreadable; asking for the wrong side is a bug and aborts.
template <typename T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : either_(std::in_place_index<0>, std::move(value)) {}
  Answer(Unreadable why) : either_(std::in_place_index<1>, std::move(why)) {}

  explicit operator bool() const { return either_.index() == 0; }
  T& operator*() { return const_cast<T&>(value()); }
  const T& operator*() const { return value(); }
  const T* operator->() const { return &value(); }
  const Unreadable& unreadable() const {
    check(either_.index() == 1, "asked a good answer why it is unreadable");
    return *std::get_if<1>(&either_);
  }

 private:
  const T& value() const {
    check(either_.index() == 0, "asked an unreadable answer for its value");
    return *std::get_if<0>(&either_);
  }
  std::variant<T, Unreadable> either_;
};

/// Absent, null or empty: the cloud uses all three.
struct NotGiven {
  bool operator==(const NotGiven&) const = default;
};
/// Something stands there that is no time; `found` names it, fit to be shown.
struct UnreadableTime {
  std::string found;
  bool operator==(const UnreadableTime&) const = default;
};
/// A time that may be missing without making the whole answer worthless.
using OptionalTime = std::variant<NotGiven, CloudTime, UnreadableTime>;

/// An entry of a list that cannot be read; it is told, never dropped.
struct UnreadableEntry {
  std::string id;  ///< empty where it has none
  Unreadable why;
  bool operator==(const UnreadableEntry&) const = default;
};

}  // namespace pawl::cloud
