// One HTTP answer, put together from the header lines and pieces of body in which it comes.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "engine/http.h"
#include "engine/time.h"

namespace pawl {

/// Counts only the last header block: interim answers (1xx) and what a proxy says before the
/// endpoint speaks are dropped, and so are trailers.
class AnswerReader final {
 public:
  /// `limit`: how many bytes of headers and body together it accepts. `keep`: the name, in lower
  /// case, of one more header to keep; empty: none.
  explicit AnswerReader(std::size_t limit, std::string keep = "")
      : limit_(limit), keep_(std::move(keep)) {}

  /// Forgets everything: a new answer begins.
  void clear();

  /// One header line with its line end, the status line and the empty line included. False once
  /// the limit is broken, by these bytes or by what Content-Length announces, and where two
  /// Content-Lengths differ: nobody knows then where the answer ends.
  bool take_header(std::string_view line);
  /// The next piece of the body; false once the limit is broken.
  bool take_body(std::string_view bytes);
  bool too_large() const { return too_large_; }
  bool contradictory() const { return contradictory_; }
  /// Whether the last header block has come to its end; libcurl takes a head that a closed
  /// connection cut off for a whole answer.
  bool has_head() const { return part_ == Part::rest; }
  /// What the header to keep said; empty where it came not once.
  std::string kept() const;

  /// The whole answer; leaves the reader empty. `now` is the local time of its receipt, used only
  /// to read a Retry-After that is a date where the answer has no Date itself.
  HttpResponse finish(int status, Instant now);

 private:
  enum Name : std::size_t {
    age,
    content_length,
    content_type,
    date,
    request_id,
    retry_after,
    trace_id,
    kept_one,
    size
  };
  struct Field {
    std::string text;
    int times = 0;
  };
  enum class Part : std::uint8_t { head, rest };

  bool count(std::size_t bytes);
  void take_field(std::string_view line);
  void start_body();
  const std::string* once(Name name) const;

  const std::size_t limit_;
  const std::string keep_;
  std::size_t taken_ = 0;
  bool too_large_ = false;
  bool contradictory_ = false;
  Part part_ = Part::head;
  std::array<Field, Name::size> fields_;
  Field* last_ = nullptr;  ///< where a folded line continues
  std::string body_;
};

}  // namespace pawl
