#include "workflows/cloud_fields.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/ascii.h"
#include "workflows/cloud_requests.h"
#include "workflows/cloud_text.h"

namespace pawl::cloud {

namespace {

constexpr std::size_t id_bytes_max = 128;

const std::vector<Json> no_elements;

bool blank(const Json& value) {
  return value.kind == Json::Kind::null ||
         (value.kind == Json::Kind::text && trim(value.text).empty());
}

bool printable_without_blanks(std::string_view text) {
  return text.size() <= id_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

Answer<JsonDocument> open_answer(const HttpResponse& response, std::string_view answer) {
  if (!succeeded(response)) {
    return Unreadable{Flaw::wrong_content, fmt::format("{} has status {}, which is no success",
                                                       answer, response.status)};
  }
  auto parsed = parse_json(response.body);
  if (const auto* bad = std::get_if<NotJson>(&parsed)) {
    return Unreadable{Flaw::not_json, fmt::format("{} {}", answer, bad->why)};
  }
  const std::string type = to_lower(response.content_type);
  if (type.find("html") != std::string::npos || type.find("xml") != std::string::npos) {
    return Unreadable{Flaw::wrong_content, fmt::format("{} calls itself {}, not JSON", answer,
                                                       one_line(response.content_type))};
  }
  return std::get<JsonDocument>(std::move(parsed));
}

Fields::Fields(const Json& object, std::string_view answer) : object_(&object), answer_(answer) {
  if (object.kind == Json::Kind::object) return;
  flaw_ = Unreadable{Flaw::wrong_shape, fmt::format("{} holds {} where an object is expected",
                                                    answer_, spoken(object))};
}

std::string Fields::text(std::string_view name) {
  const Json* value = given_text(name);
  if (value != nullptr) return std::string(trim(value->text));
  const Json* found = object_->find(name);
  fail(Flaw::wrong_shape, name, found == nullptr ? "missing" : spoken(*found), "a text");
  return {};
}

std::string Fields::id(std::string_view name) {
  std::string value = text(name);
  if (!printable_without_blanks(value)) {
    fail(Flaw::unknown_value, name, fmt::format("\"{}\"", one_line(value)), "an id");
  }
  return value;
}

std::string Fields::optional_text(std::string_view name) {
  const Json* value = given_text(name);
  return value == nullptr ? std::string() : std::string(trim(value->text));
}

std::string Fields::verbatim(std::string_view name) {
  const Json* value = given_text(name);
  return value == nullptr ? std::string() : std::string(value->text);
}

std::string Fields::optional_id(std::string_view name) {
  std::string value = optional_text(name);
  if (printable_without_blanks(value)) return value;
  fail(Flaw::unknown_value, name, fmt::format("\"{}\"", one_line(value)), "an id");
  return {};
}

std::string Fields::instance_id(std::string_view name) {
  std::string value = id(name);
  if (is_path_segment(value)) return value;
  fail(Flaw::unknown_value, name, fmt::format("\"{}\"", one_line(value)), "an instance id");
  return {};
}

std::string Fields::optional_instance_id(std::string_view name) {
  return given(name) == nullptr ? std::string() : instance_id(name);
}

VersionText Fields::version(std::string_view name) {
  std::string value = text(name);
  const auto parsed = parse_version(value);
  if (!parsed) {
    fail(Flaw::unknown_value, name, fmt::format("\"{}\"", one_line(value)), "a version");
    return {};
  }
  return {std::move(value), *parsed};
}

std::optional<VersionText> Fields::optional_version(std::string_view name) {
  if (given(name) == nullptr) return std::nullopt;
  return version(name);
}

CloudTime Fields::time(std::string_view name) {
  const Json* value = given_text(name);
  if (value == nullptr) {
    const Json* found = object_->find(name);
    fail(Flaw::wrong_shape, name, found == nullptr ? "missing" : spoken(*found), "a time");
    return {};
  }
  if (const auto parsed = parse_cloud_time(value->text)) return *parsed;
  fail(Flaw::bad_time, name, spoken(*value), "a time");
  return {};
}

OptionalTime Fields::optional_time(std::string_view name) {
  const Json* value = given(name);
  if (value == nullptr) return NotGiven{};
  if (value->kind == Json::Kind::text) {
    if (const auto parsed = parse_cloud_time(value->text)) return *parsed;
  }
  return UnreadableTime{spoken(*value)};
}

std::optional<bool> Fields::optional_boolean(std::string_view name) {
  const Json* value = given(name);
  if (value == nullptr) return std::nullopt;
  if (value->kind == Json::Kind::boolean) return value->truth;
  fail(Flaw::wrong_shape, name, spoken(*value), "true or false");
  return std::nullopt;
}

std::int64_t Fields::count(std::string_view name) {
  const Json* value = object_->find(name);
  if (value != nullptr && value->kind == Json::Kind::integer && value->integer >= 0) {
    return value->integer;
  }
  fail(Flaw::wrong_shape, name, value == nullptr ? "missing" : spoken(*value),
       "a number from 0 on");
  return 0;
}

const Json* Fields::optional_object(std::string_view name) {
  const Json* value = given(name);
  if (value == nullptr || value->kind == Json::Kind::object) return value;
  fail(Flaw::wrong_shape, name, spoken(*value), "an object");
  return nullptr;
}

const std::vector<Json>& Fields::array(std::string_view name) {
  const Json* value = object_->find(name);
  if (value != nullptr && value->kind == Json::Kind::array) return value->items;
  fail(Flaw::wrong_shape, name, value == nullptr ? "missing" : spoken(*value), "an array");
  return no_elements;
}

const std::vector<Json>& Fields::optional_array(std::string_view name) {
  return given(name) == nullptr ? no_elements : array(name);
}

void Fields::fail(Flaw flaw, std::string_view name, std::string_view found,
                  std::string_view expected) {
  if (flaw_) return;
  flaw_ = Unreadable{flaw, fmt::format("in {}, \"{}\" is {} where {} is expected", answer_, name,
                                       found, expected)};
}

void Fields::fail(const Unreadable& flaw) {
  if (!flaw_) flaw_ = flaw;
}

const Json* Fields::given(std::string_view name) const {
  const Json* value = object_->find(name);
  return value == nullptr || blank(*value) ? nullptr : value;
}

const Json* Fields::given_text(std::string_view name) {
  const Json* value = given(name);
  if (value == nullptr || value->kind == Json::Kind::text) return value;
  fail(Flaw::wrong_shape, name, spoken(*value), "a text");
  return nullptr;
}

std::string Fields::word_text(std::string_view name, std::string_view also) {
  const bool elsewhere = !also.empty() && object_->find(also) != nullptr;
  if (elsewhere && object_->find(name) != nullptr) {
    fail(Flaw::wrong_shape, name, "given twice", "one value");
  }
  return text(elsewhere ? also : name);
}

void Fields::unknown_word(std::string_view name, std::string_view given) {
  fail(Flaw::unknown_value, name, fmt::format("\"{}\"", one_line(given)), "a documented value");
}

}  // namespace pawl::cloud
