#include "cli/simulate/cloud_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace pawl::simulate {

CloudModel::CloudModel(Settings settings, CloudInstant now)
    : settings_(std::move(settings)),
      began_(now),
      allowance_(std::max(1.0, settings_.throttle / 10.0)),
      allowed_at_(now) {
  add_fleet();
  add_others();
}

/// FNV-1a (Fowler, Noll, Vo) with a final mix: the same on every machine, which std::hash is not.
std::uint64_t CloudModel::hash(std::string_view what, std::string_view purpose) const {
  std::uint64_t sum = 14'695'981'039'346'656'037ULL ^ settings_.seed * 0x9E3779B97F4A7C15ULL;
  for (const std::string_view part : {what, purpose}) {
    for (const char c : part)
      sum = (sum ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
    sum = (sum ^ 0xFFU) * 1'099'511'628'211ULL;
  }
  sum ^= sum >> 31U;
  sum *= 0xBF58476D1CE4E5B9ULL;
  return sum ^ sum >> 29U;
}

double CloudModel::chance(std::string_view what, std::string_view purpose) const {
  return static_cast<double>(hash(what, purpose) >> 11U) / 9'007'199'254'740'992.0;  // 2^53
}

Duration CloudModel::within(const Range& range, std::string_view what,
                            std::string_view purpose) const {
  const auto width = static_cast<std::uint64_t>((range.most - range.least).count());
  return range.least + Duration{static_cast<Duration::rep>(hash(what, purpose) % (width + 1))};
}

std::string CloudModel::uuid(std::string_view what, std::uint64_t n) const {
  const std::uint64_t a = hash(what, fmt::format("uuid {}", n));
  const std::uint64_t b = hash(what, fmt::format("uuid2 {}", n));
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32U, a >> 16U & 0xFFFFU,
                     a & 0xFFFU, (b >> 48U & 0x3FFFU) | 0x8000U, b & 0xFFFFFFFFFFFFULL);
}

std::string CloudModel::instance_id(std::string_view what, std::string_view ending) const {
  return fmt::format("{:016x}{:016x}{}", hash(what, "id"), hash(what, "id2"), ending);
}

std::string CloudModel::request_id() const {
  return fmt::format("{:016x}{:016x}", settings_.seed, requests_);
}

std::optional<Trouble> CloudModel::fault(const HttpRequest& request) const {
  if (settings_.faults.empty()) return std::nullopt;
  double at = chance(std::to_string(requests_), "fault");
  for (const TroubleShare& share : settings_.faults) {
    if (kind_of(share.trouble).of_upgrades && !is_upgrade_post(request)) continue;
    if (at < share.share) return share.trouble;
    at -= share.share;
  }
  return std::nullopt;
}

Duration CloudModel::latency() const {
  if (settings_.latency.most == Duration{0}) return Duration{0};
  return within(settings_.latency, std::to_string(requests_), "latency");
}

CloudAnswer CloudModel::begin_answer(const HttpRequest& request) {
  ++requests_;
  if (is_upgrade_post(request)) count_upgrade_post(request.path);
  CloudAnswer answer;
  answer.request_id = request_id();
  answer.content_type = "application/json";
  return answer;
}

CloudAnswer CloudModel::refuse(const HttpRequest& request, std::string_view why) {
  CloudAnswer answer = begin_answer(request);
  ++refused_;
  const std::string text = fmt::format("Incorrect IAM authentication information: {}", why);
  Reply said = refused({401, "APIGW.0301", text}, answer.request_id);
  answer.status = said.status;
  answer.body = std::move(said.body);
  return answer;
}

/// A bucket that holds six seconds' calls.
bool CloudModel::throttled(CloudInstant now) {
  if (settings_.throttle == 0) return false;
  const auto passed = static_cast<double>((now.at - allowed_at_.at).count());
  allowed_at_ = now;
  const double most = std::max(1.0, settings_.throttle / 10.0);
  allowance_ = std::min(most, allowance_ + passed * settings_.throttle / 60'000);
  if (allowance_ < 1) return true;
  allowance_ -= 1;
  return false;
}

CloudAnswer CloudModel::serve(const HttpRequest& request, std::string_view token,
                              CloudInstant now) {
  if (!settings_.token.empty() && token != settings_.token) {
    return refuse(request, token.empty() ? "x-auth-token not found" : "decrypt token fail");
  }
  CloudAnswer answer = begin_answer(request);
  const auto say = [&answer](Reply said) {
    answer.status = said.status;
    answer.body = std::move(said.body);
  };
  if (throttled(now)) {
    ++throttled_;
    const std::string text = fmt::format(
        "The throttling threshold has been reached: policy user over ratelimit,limit:{},time:1 "
        "minute",
        settings_.throttle);
    say(refused({429, "APIGW.0308", text}, answer.request_id));
    return answer;
  }
  const std::optional<Trouble> wrong = fault(request);
  if (wrong) ++troubles_[static_cast<std::size_t>(*wrong)];
  if (!wrong || kind_of(*wrong).done) say(route(request, now));
  return wrong ? spoiled(*wrong, std::move(answer)) : answer;
}

CloudAnswer CloudModel::spoiled(Trouble trouble, CloudAnswer answer) const {
  const auto page = [&answer](int status, const char* title) {
    answer.status = status;
    answer.content_type = "text/html";
    answer.body = fmt::format("<html><head><title>{}</title></head></html>", title);
  };
  const auto error = [&answer](const Refusal& refusal) {
    Reply said = refused(refusal, answer.request_id);
    answer.status = said.status;
    answer.body = std::move(said.body);
  };
  constexpr Refusal throttled{429, "APIGW.0308",
                              "The throttling threshold has been reached: policy user over "
                              "ratelimit,limit:60,time:1 minute"};
  switch (trouble) {
    case Trouble::reset_before:
    case Trouble::reset_after:
      answer.status = 0;
      answer.manner = Manner::none;
      break;
    case Trouble::error_before:
      error({500, "DBS.200412", "Server failure."});
      break;
    case Trouble::error_after:
      error({500, "DBS.111205", "Service timeout."});
      break;
    case Trouble::gateway_before:
    case Trouble::gateway_after:
      page(502, "502 Bad Gateway");
      break;
    case Trouble::throttled:
      error(throttled);
      break;
    case Trouble::throttled_until:
      error(throttled);
      answer.retry_after = std::chrono::seconds{1};
      break;
    case Trouble::redirect:
      page(307, "307 Temporary Redirect");
      answer.manner = Manner::redirect;
      break;
    case Trouble::garbage:
      page(200, "Please sign in");
      break;
    case Trouble::cut_json:
      answer.body.resize(answer.body.size() / 2);
      break;
    case Trouble::truncated:
      answer.manner = Manner::truncated;
      break;
    case Trouble::oversized:
      answer.manner = Manner::oversized;
      break;
    case Trouble::dribble:
      answer.manner = Manner::dribble;
      break;
    case Trouble::quota:
      error(refusal::quota);
      break;
    case Trouble::forbidden:
      error(refusal::no_right);
      break;
  }
  return answer;
}

void CloudModel::note_followed(bool with_credentials) {
  ++followed_;
  if (with_credentials) ++followed_with_credentials_;
}

std::string CloudModel::stats() const {
  std::string by_instance, faults;
  std::uint64_t checks = 0, upgrades = 0, backups = 0;
  std::uint32_t most = 0, most_posts = 0;
  for (const Instance& instance : instances_) {
    if (instance.checks_accepted + instance.upgrade_posts + instance.backups.size() == 0) continue;
    by_instance +=
        fmt::format(R"({}"{}":{{"checks":{},"upgrades":{},"upgrade_posts":{},"backups":{}}})",
                    by_instance.empty() ? "" : ",", instance.id, instance.checks_accepted,
                    instance.upgrades_accepted, instance.upgrade_posts, instance.backups.size());
    backups += instance.backups.size();
    checks += instance.checks_accepted;
    upgrades += instance.upgrades_accepted;
    most = std::max(most, instance.upgrades_accepted);
    most_posts = std::max(most_posts, instance.upgrade_posts);
  }
  for (const TroubleKind& kind : trouble_kinds) {
    const std::uint64_t count = troubles_[static_cast<std::size_t>(kind.trouble)];
    if (count == 0) continue;
    faults += fmt::format(R"({}"{}":{})", faults.empty() ? "" : ",", kind.word, count);
  }
  return fmt::format(
      R"({{"requests":{},"by_endpoint":{{"instances":{},"status":{},"histories":{},"triggers":{},)"
      R"("refused":{},"throttled":{}}},"faults":{{{}}},"followed":{},)"
      R"("followed_with_credentials":{},)"
      R"("checks":{},"upgrades":{},"backups":{},"upgrades_max_per_instance":{},)"
      R"("upgrade_posts_max_per_instance":{},"instances":{{{}}}}})",
      requests_, lists_, statuses_, histories_, triggers_, refused_, throttled_, faults, followed_,
      followed_with_credentials_, checks, upgrades, backups, most, most_posts, by_instance);
}

}  // namespace pawl::simulate
