#include "engine/io/answer_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/engine_io/caller.h"

using pawl::AnswerReader;
using pawl::Duration;
using pawl::HttpResponse;
using pawl::Instant;

namespace {

constexpr std::size_t limit = 1000;
const std::string date = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
// 8:49:40 on that day.
constexpr Instant now{std::chrono::seconds{784111780}};

/// Lines without their ends; the status line goes before them and the empty line after.
void take(AnswerReader& reader, const std::vector<std::string>& lines,
          const std::string& status = "HTTP/1.1 200 OK") {
  reader.take_header(status + "\r\n");
  for (const std::string& line : lines)
    reader.take_header(line + "\r\n");
  reader.take_header("\r\n");
}

HttpResponse read(const std::vector<std::string>& lines) {
  AnswerReader reader(limit);
  take(reader, lines);
  CHECK_FALSE(reader.too_large());
  return reader.finish(200, now);
}

std::string date_of(const std::vector<std::string>& lines) {
  const auto at = read(lines).date;
  return at ? pawl::format_utc(at->at) : "none";
}

std::string wait_of(const std::vector<std::string>& lines) {
  const auto wait = read(lines).retry_after;
  return wait ? pawl::format_duration(*wait) : "none";
}

}  // namespace

TEST_CASE("headers are found by name in any case, and their blanks are cut off") {
  const HttpResponse answer = read({"CONTENT-type:\t application/json ", "x-REQUEST-id: 4711",
                                    "Server: x", "no header at all", ": nameless"});
  CHECK(answer.content_type == "application/json");
  CHECK(answer.request_id == "4711");
  CHECK_FALSE(answer.date);
  CHECK_FALSE(answer.retry_after);
}

TEST_CASE("IAM's trace id is the request id where there is no other") {
  const std::string trace = "X-IAM-Trace-Id: token_cn-north-4_588f";
  CHECK(read({trace}).request_id == "token_cn-north-4_588f");
  CHECK(read({trace, "X-Request-Id: 4711"}).request_id == "4711");
  CHECK(read({"X-Request-Id: two words", trace}).request_id == "token_cn-north-4_588f");
  CHECK(read({trace, trace}).request_id.empty());
  CHECK(read({"X-IAM-Trace-Id: two words"}).request_id.empty());
}

TEST_CASE("a Date counts once, read whole, and not out of a cache") {
  const std::string expected = "1994-11-06T08:49:37.000Z";
  CHECK(date_of({date}) == expected);
  CHECK(date_of({date, "Age: 0"}) == expected);
  CHECK(date_of({"Date: Sun, 06 Nov 1994", " 08:49:37 GMT"}) == expected);
  for (const std::vector<std::string>& lines :
       std::vector<std::vector<std::string>>{{date, date},
                                             {date, "Date: Sun, 06 Nov 1994 08:49:38 GMT"},
                                             {"Date: yesterday"},
                                             {"Date:"},
                                             {date, "Age: 1"},
                                             {"Age: 99999999999999999999999", date},
                                             {date, "Age: soon"},
                                             {date, "Age:"},
                                             {date, "Age: 0", "Age: 0"}}) {
    CAPTURE(lines.size());
    CAPTURE(lines.back());
    CHECK(date_of(lines) == "none");
  }
}

TEST_CASE("Retry-After is read in both forms, from the answer's own Date where it has one") {
  const std::string at_50 = "Retry-After: Sun, 06 Nov 1994 08:49:50 GMT";
  CHECK(wait_of({"Retry-After: 7"}) == "7s");
  CHECK(wait_of({"Retry-After: 0"}) == "0s");
  CHECK(wait_of({date, at_50}) == "13s");
  CHECK(wait_of({at_50}) == "10s");
  CHECK(wait_of({date, "Age: 5", at_50}) == "10s");
  CHECK(wait_of({"Retry-After: Sun, 06 Nov 1994 08:00:00 GMT"}) == "0s");
  CHECK(wait_of({"Retry-After: 99999999999999999999"}) == "1d");
  for (const std::string bad : {"-1", "1.5", "soon", "", "7 s", "0x10"}) {
    CAPTURE(bad);
    CHECK(wait_of({"Retry-After: " + bad}) == "none");
  }
  CHECK(wait_of({"Retry-After: 7", "Retry-After: 8"}) == "none");
}

TEST_CASE("a request id is one printable word of a bounded length, or none") {
  CHECK(read({"X-Request-Id: a-b_c.d:e/f"}).request_id == "a-b_c.d:e/f");
  CHECK(read({"X-Request-Id: " + std::string(128, 'x')}).request_id == std::string(128, 'x'));
  for (const std::string& bad :
       {std::string("\x1b[31mred"), std::string("a\x01z"), std::string("a b"),
        std::string("caf\xc3\xa9"), std::string("\xff"), std::string(129, 'x')}) {
    CAPTURE(bad);
    CHECK(read({"X-Request-Id: " + bad}).request_id.empty());
  }
  CHECK(read({"X-Request-Id: one", "X-Request-Id: two"}).request_id.empty());
}

TEST_CASE("two Content-Types are none") {
  CHECK(read({"Content-Type: application/json", "Content-Type: text/html"}).content_type.empty());
}

TEST_CASE("what an interim answer says is forgotten") {
  AnswerReader reader(limit);
  take(reader, {"X-Request-Id: interim", date, "Retry-After: 5"}, "HTTP/1.1 103 Early Hints");
  take(reader, {"Content-Type: text/plain"});
  CHECK(reader.take_body("body"));
  const HttpResponse answer = reader.finish(200, now);
  CHECK(answer.request_id.empty());
  CHECK_FALSE(answer.date);
  CHECK_FALSE(answer.retry_after);
  CHECK(answer.content_type == "text/plain");
  CHECK(answer.body == "body");
}

TEST_CASE("trailers are no headers") {
  AnswerReader reader(limit);
  take(reader, {"Content-Type: text/plain"});
  reader.take_body("body");
  for (const std::string& line : {date, std::string("X-Request-Id: late"), std::string()})
    CHECK(reader.take_header(line + "\r\n"));
  const HttpResponse answer = reader.finish(200, now);
  CHECK_FALSE(answer.date);
  CHECK(answer.request_id.empty());
  CHECK(answer.body == "body");
}

TEST_CASE("a finished reader is as good as a new one") {
  AnswerReader reader(limit);
  take(reader, {date, "X-Request-Id: one", "Retry-After: 1"});
  reader.take_body(std::string(limit / 2, 'x'));
  reader.finish(200, now);
  take(reader, {});
  CHECK(reader.take_body(std::string(limit / 2, 'x')));
  const HttpResponse second = reader.finish(204, now);
  CHECK(second.status == 204);
  CHECK(second.request_id.empty());
  CHECK_FALSE(second.date);
  CHECK_FALSE(second.retry_after);
}

TEST_CASE("the limit counts headers, interim answers and body together") {
  AnswerReader reader(100);
  CHECK(reader.take_header("HTTP/1.1 200 OK\r\n"));
  CHECK(reader.take_header("\r\n"));
  CHECK(reader.take_body(std::string(81, 'x')));
  CHECK_FALSE(reader.take_body("x"));
  CHECK(reader.too_large());
  CHECK_FALSE(reader.take_body(""));

  AnswerReader endless(100);
  bool taken = true;
  for (int i = 0; i < 10 && taken; ++i)
    taken = endless.take_header("HTTP/1.1 100 Continue\r\n") && endless.take_header("\r\n");
  CHECK_FALSE(taken);
}

TEST_CASE("a Content-Length beyond the limit ends the answer before its body") {
  for (const std::string length : {"101", "99999999999999999999999999"}) {
    CAPTURE(length);
    AnswerReader reader(100);
    reader.take_header("HTTP/1.1 200 OK\r\n");
    CHECK(reader.take_header("Content-Length: " + length + "\r\n"));
    CHECK_FALSE(reader.take_header("\r\n"));
    CHECK(reader.too_large());
  }
}

TEST_CASE("a Content-Length may be repeated but not contradicted") {
  AnswerReader reader(limit);
  CHECK(reader.take_header("HTTP/1.1 200 OK\r\n"));
  CHECK(reader.take_header("Content-Length: 2\r\n"));
  CHECK(reader.take_header("content-length:2\r\n"));
  CHECK_FALSE(reader.take_header("Content-Length: 02\r\n"));
  CHECK(reader.contradictory());
  reader.clear();
  CHECK(reader.take_header("Content-Length: 3\r\n"));
}

TEST_CASE("a head has come to its end with its empty line") {
  AnswerReader reader(limit);
  take(reader, {}, "HTTP/1.1 100 Continue");
  reader.take_header("HTTP/1.1 200 OK\r\n");
  reader.take_header("Server: x\r\n");
  CHECK_FALSE(reader.has_head());
  reader.take_header("\r\n");
  CHECK(reader.has_head());
}
