#include "cli/simulate/cloud_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

namespace pawl::simulate {

namespace {

std::string civil(Instant at, char between) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at) - day);
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     between, time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace

Reply refused(const Refusal& refusal, std::string_view request_id) {
  const std::string id =
      refusal.code.starts_with("APIGW.") ? fmt::format(R"(,"request_id":"{}")", request_id) : "";
  return {refusal.status, fmt::format(R"({{"error_code":"{}","error_msg":{}{}}})", refusal.code,
                                      json_text(refusal.text), id)};
}

std::string json_text(std::string_view text) {
  const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  if (std::any_of(text.begin(), text.end(), beyond_ascii)) {
    using Json = nlohmann::json;
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (c == '\n') {
      json += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      json += c;
    }
  }
  return json + '"';
}

std::string cloud_time(CloudInstant at) {
  return civil(at.at + std::chrono::hours{8}, 'T') + "+0800";
}

std::string detail_time(CloudInstant at) {
  return civil(at.at, ' ');
}

std::string_view value_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.query) {
    if (key == name) return value;
  }
  return {};
}

bool is_submit(const HttpRequest& request) {
  const auto ends = [&request](std::string_view call) { return request.path.ends_with(call); };
  return request.method == Method::post &&
         (ends("/inspection") || ends("/upgrade") || ends("/backups"));
}

bool is_upgrade_post(const HttpRequest& request) {
  return request.method == Method::post && request.path.ends_with("/major-version/upgrade");
}

std::optional<PageAsked> page_of(const HttpRequest& request, std::size_t otherwise) {
  const auto number = [&request](std::string_view name, std::size_t fallback) {
    const std::string_view text = value_of(request, name);
    if (text.empty()) return std::optional(fallback);
    std::size_t value = 0;
    const auto [end, flaw] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = flaw == std::errc{} && end == text.data() + text.size();
    return good ? std::optional(value) : std::nullopt;
  };
  const auto offset = number("offset", 0);
  const auto limit = number("limit", otherwise);
  if (!offset || !limit || *limit < 1 || *limit > 100) return std::nullopt;
  return PageAsked{*offset, *limit};
}

}  // namespace pawl::simulate
