#include "engine/io/answer_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "engine/ascii.h"
#include "engine/http_date.h"

namespace pawl {
namespace {

// In the order of AnswerReader::Name. The last is what IAM calls its request id.
constexpr std::array<std::string_view, 7> field_names = {
    "age",          "content-length", "content-type",  "date",
    "x-request-id", "retry-after",    "x-iam-trace-id"};

/// `lower` is in lower case already.
bool same_name(std::string_view name, std::string_view lower) {
  return name.size() == lower.size() && std::equal(name.begin(), name.end(), lower.begin(),
                                                   [](char a, char b) { return to_lower(a) == b; });
}

/// It goes into reports and is quoted to the cloud's support: one word, nothing that acts on a
/// terminal.
bool is_request_id(std::string_view text) {
  constexpr std::size_t length_max = 128;
  return text.size() <= length_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Digits only; what is larger than 64 bits hold becomes the largest value.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? number : UINT64_MAX;
}

}  // namespace

void AnswerReader::clear() {
  taken_ = 0;
  too_large_ = false;
  contradictory_ = false;
  part_ = Part::head;
  for (Field& field : fields_) {
    field.text.clear();
    field.times = 0;
  }
  last_ = nullptr;
  std::string().swap(body_);
}

bool AnswerReader::take_header(std::string_view line) {
  if (!count(line.size())) return false;
  if (line.starts_with("HTTP/") && body_.empty()) {
    // Whatever came before was an interim answer; only the bytes it cost are remembered.
    const std::size_t taken = taken_;
    clear();
    taken_ = taken;
  } else if (part_ == Part::head) {
    if (trim(line).empty()) {
      start_body();
    } else {
      take_field(line);
    }
  }
  return !too_large_ && !contradictory_;
}

bool AnswerReader::take_body(std::string_view bytes) {
  if (!count(bytes.size())) return false;
  body_.append(bytes);
  return true;
}

bool AnswerReader::count(std::size_t bytes) {
  taken_ += bytes;
  too_large_ = too_large_ || taken_ > limit_;
  return !too_large_;
}

void AnswerReader::take_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    if (last_ != nullptr) last_->text.append(" ").append(trim(line));
    return;
  }
  last_ = nullptr;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  for (std::size_t i = 0; i < Name::size; ++i) {
    if (!same_name(name, i == kept_one ? std::string_view(keep_) : field_names[i])) continue;
    const std::string_view text = trim(line.substr(colon + 1));
    last_ = &fields_[i];
    if (i == content_length && last_->times > 0 && last_->text != text) contradictory_ = true;
    last_->text = text;
    ++last_->times;
  }
}

void AnswerReader::start_body() {
  part_ = Part::rest;
  const auto length = parse_number(fields_[content_length].text);
  if (!length) return;
  too_large_ = too_large_ || *length > limit_;
  if (!too_large_) body_.reserve(*length);
}

const std::string* AnswerReader::once(Name name) const {
  return fields_[name].times == 1 ? &fields_[name].text : nullptr;
}

std::string AnswerReader::kept() const {
  const std::string* text = keep_.empty() ? nullptr : once(kept_one);
  return text == nullptr ? "" : *text;
}

HttpResponse AnswerReader::finish(int status, Instant now) {
  HttpResponse answer;
  answer.status = status;
  for (const Name name : {request_id, trace_id}) {
    const std::string* text = once(name);
    if (!answer.request_id.empty() || text == nullptr || !is_request_id(*text)) continue;
    answer.request_id = *text;
  }
  if (const std::string* text = once(content_type)) answer.content_type = *text;
  if (const std::string* text = once(date)) answer.date = parse_http_date(*text);
  // A date out of a cache tells when somebody else asked.
  const Field& aged = fields_[age];
  if (aged.times > 0 && (aged.times > 1 || parse_number(aged.text) != 0)) answer.date.reset();
  if (const std::string* text = once(retry_after)) {
    answer.retry_after = parse_retry_after(*text, answer.date.value_or(CloudInstant{now}));
  }
  answer.body = std::move(body_);
  clear();
  return answer;
}

}  // namespace pawl
