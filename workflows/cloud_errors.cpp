#include "workflows/cloud_errors.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/ascii.h"
#include "workflows/cloud_error_codes.h"
#include "workflows/cloud_json.h"
#include "workflows/cloud_text.h"

namespace pawl::cloud {

namespace {

constexpr std::size_t code_bytes_max = 64;
constexpr std::size_t message_bytes_max = 1000;
constexpr std::size_t description_bytes_max = 400;

struct Shape {
  std::string_view code, message;
};
// In the order in which the vendor's SDKs try them; the third is the older API's (5.1).
constexpr std::array shapes{Shape{"error_code", "error_msg"}, Shape{"errorCode", "errorMsg"},
                            Shape{"errCode", "externalMessage"}, Shape{"code", "message"}};

std::size_t find_ignoring_case(std::string_view text, std::string_view name, std::size_t from) {
  const auto found =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), name.begin(),
                  name.end(), [](char a, char b) { return to_lower(a) == b; });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

/// Replaces what stands behind "name:" or "name=", quoted or not, by three stars. The canonical
/// request that the gateway quotes in APIGW.0301 shows its newlines as '|' (3.3).
std::string masked(std::string_view text, std::string_view name) {
  std::string result;
  std::size_t copied = 0;
  for (std::size_t at = find_ignoring_case(text, name, 0); at != std::string_view::npos;
       at = find_ignoring_case(text, name, at)) {
    at += name.size();
    const std::size_t sign = text.find_first_not_of(" \t\"'\\", at);
    if (sign == std::string_view::npos || (text[sign] != ':' && text[sign] != '=')) continue;
    const std::size_t value = text.find_first_not_of(" \t\"'\\", sign + 1);
    if (value == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of("|\r\n\t \"',;", value), text.size());
    result += text.substr(copied, value - copied);
    if (end > value) result += "***";
    copied = at = end;
  }
  result += text.substr(copied);
  return result;
}

std::string without_tokens(std::string_view text) {
  return masked(masked(text, "x-security-token"), "x-auth-token");
}

/// A text or a number, as IAM has it for codes; empty otherwise.
std::string text_of(const Json* value) {
  if (value == nullptr) return {};
  if (value->kind == Json::Kind::text) return std::string(trim(value->text));
  return value->kind == Json::Kind::integer ? std::to_string(value->integer) : std::string();
}

struct Said {
  std::string code, message;
};

std::optional<Said> read_shapes(const Json& object) {
  for (const Shape& shape : shapes) {
    Said said{text_of(object.find(shape.code)), text_of(object.find(shape.message))};
    if (!said.code.empty() || !said.message.empty()) return said;
  }
  return std::nullopt;
}

/// The body's own fields, else those of the first object in it that has any.
std::optional<Said> read_body(const Json& body) {
  if (auto said = read_shapes(body)) return said;
  for (const Json& member : body.items) {
    if (auto said = read_shapes(member)) return said;
  }
  return std::nullopt;
}

bool client_error(int status) {
  return status >= 400 && status <= 499;
}

ErrorClass class_of(const CloudError& error, const std::optional<KnownCode>& known) {
  // A redirect is the word of something in between, whatever its body says.
  if (known && known->error_class && error.http_status >= 400) return *known->error_class;
  return class_of_status(error.http_status);
}

/// A 4xx whose known code says that nothing was begun.
bool proves_refusal(const CloudError& error, const std::optional<KnownCode>& known) {
  if (!known || !client_error(error.http_status)) return false;
  const bool may_come_late = error.http_status == 408 || error.http_status == 429;
  if (may_come_late && known->source == CodeSource::service) return false;
  const ErrorClass error_class = class_of(error, known);
  return error_class != ErrorClass::look && error_class != ErrorClass::retry;
}

}  // namespace

CloudError read_error(const HttpResponse& response) {
  CloudError error;
  error.http_status = response.status;
  error.request_id = one_line(response.request_id, code_bytes_max);
  const auto parsed = parse_json(response.body);
  const auto* const document = std::get_if<JsonDocument>(&parsed);
  const Json* const body = document == nullptr ? nullptr : &document->root();
  if (body != nullptr && error.request_id.empty()) {
    error.request_id = one_line(text_of(body->find("request_id")), code_bytes_max);
  }
  const auto said = body == nullptr ? std::nullopt : read_body(*body);
  if (!said) {
    error.message = one_line(without_tokens(response.body), excerpt_max);
    return error;
  }
  error.code = one_line(said->code, code_bytes_max);
  error.message = one_line(without_tokens(said->message), message_bytes_max);
  return error;
}

bool known_code(const CloudError& error) {
  return find_code(error.code).has_value();
}

ErrorClass classify(const CloudError& error, Method method) {
  const auto known = find_code(error.code);
  const ErrorClass error_class = class_of(error, known);
  const bool of_every_call =
      error_class == ErrorClass::throttled || error_class == ErrorClass::renew_credentials;
  if (method == Method::get || of_every_call || proves_refusal(error, known)) return error_class;
  return ErrorClass::look;
}

bool certainly_refused(const CloudError& error, Trigger trigger) {
  const auto known = find_code(error.code);
  if (!proves_refusal(error, known)) return false;
  return trigger != Trigger::upgrade || class_of(error, known) != ErrorClass::wait;
}

std::optional<std::uint32_t> named_limit(const CloudError& error) {
  const std::string& text = error.message;
  const auto number_after = [&text](std::string_view word) {
    std::uint32_t number = 0;
    const std::size_t at = find_ignoring_case(text, word, 0);
    if (at == std::string::npos) return std::pair{std::uint64_t{0}, std::string_view()};
    const char* const end = text.data() + text.size();
    const char* rest = std::from_chars(text.data() + at + word.size(), end, number).ptr;
    return std::pair{std::uint64_t{number}, trim({rest, static_cast<std::size_t>(end - rest)})};
  };
  const std::uint64_t limit = number_after("limit:").first;
  const auto [span, unit] = number_after("time:");
  if (limit == 0 || span == 0) return std::nullopt;
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> seconds{
      {{"second", 1}, {"minute", 60}, {"hour", 3'600}, {"day", 86'400}}};
  for (const auto& [word, length] : seconds) {
    if (!unit.starts_with(word)) continue;
    const std::uint64_t a_minute = limit * 60 / (span * length);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(a_minute, 1, UINT32_MAX));
  }
  return std::nullopt;
}

std::optional<Throttle> throttle_of(const HttpResponse& answer) {
  if (answer.status < 400) return std::nullopt;
  const CloudError error = read_error(answer);
  if (classify(error, Method::get) != ErrorClass::throttled) return std::nullopt;
  return Throttle{named_limit(error)};
}

bool redirects(const CloudError& error) {
  return error.http_status >= 300 && error.http_status <= 399;
}

std::string describe(const CloudError& error) {
  const std::string status = std::to_string(error.http_status);
  std::string words = "HTTP " + status;
  if (!error.code.empty() && error.code != status) words += " " + error.code;
  const std::string request =
      error.request_id.empty() ? std::string() : fmt::format(" (request {})", error.request_id);
  // What a redirect says besides is a page for people, from something in between.
  const std::string message = redirects(error)        ? "a redirect, which is not followed"
                              : error.message.empty() ? "the answer says nothing"
                                                      : error.message;
  const std::size_t room = description_bytes_max - words.size() - request.size() - 2;
  return words + ": " + one_line(message, room) + request;
}

}  // namespace pawl::cloud
