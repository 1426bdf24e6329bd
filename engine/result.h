// What an operator must mend, as a value. What the world did is data in an event (event.h); what a
// programmer broke aborts (check). Nothing is logged and forgotten.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace pawl {

/// Who has to act, and so which exit code the program ends with.
enum class Fault {
  usage,        ///< the command line or the plan is wrong: exit 2
  held,         ///< another driver holds the store: exit 4
  remote,       ///< endpoint unreachable, or no readable answer, before anything started: exit 5
  refused,      ///< the cloud refuses the credentials, and no other call would fare better: exit 5
  store,        ///< the store is damaged or cannot be written: exit 6
  interrupted,  ///< a person stopped it (SIGINT) before anything started: exit 130
  terminated,   ///< so did SIGTERM: exit 143
};

/// `what` says what happened, to which object, and what to do next; one or more full lines, no
/// trailing newline, never a secret.
struct Error {
  Fault fault;
  std::string what;
  bool operator==(const Error&) const = default;
};

/// Ends the process with `what` and the caller's place when `truth` is false, in release builds
/// too: the journal makes dying safe, going on in a wrong state does not.
/// (The built-ins of GCC and Clang: Clang 14 has no std::source_location with libstdc++ 12.)
void check(bool truth, const char* what, const char* file = __builtin_FILE(),
           int line = __builtin_LINE());

/// Ends it in the same way, where no value could be returned: behind a switch whose cases are all,
/// in what is never called.
[[noreturn]] void broken_rule(const char* what, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE());

/// A T or the Error that kept it from being made. The small part of C++23's std::expected that is
/// used here; asking for the wrong side is a bug and aborts.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : either_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : either_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return either_.index() == 0; }
  T& operator*() { return value(); }
  const T& operator*() const { return const_cast<Result*>(this)->value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->value(); }
  const Error& error() const {
    check(either_.index() == 1, "asked a good Result for its error");
    return *std::get_if<1>(&either_);
  }

 private:
  T& value() {
    check(either_.index() == 0, "asked a failed Result for its value");
    return *std::get_if<0>(&either_);
  }
  std::variant<T, Error> either_;
};

/// The Result of what yields nothing when it succeeds.
struct Done {
  bool operator==(const Done&) const = default;
};
using Outcome = Result<Done>;

}  // namespace pawl
