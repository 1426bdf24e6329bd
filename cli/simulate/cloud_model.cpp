#include "cli/simulate/cloud_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/simulate/cloud_text.h"

namespace pawl::simulate {

namespace {

constexpr std::array services{"orders", "billing", "users", "search", "ledger"};

}  // namespace

CloudModel::CloudModel(Settings settings, CloudInstant now) : settings_(std::move(settings)) {
  for (std::uint32_t i = 0; i < settings_.instances; ++i) {
    Instance made;
    const std::string_view service = services[i % services.size()];
    made.name = fmt::format("{}-{}", service, i / services.size() + 1);
    made.id = fmt::format("{:016x}{:016x}in03", hash(made.name, "id"), hash(made.name, "id2"));
    made.version = settings_.versions[i % settings_.versions.size()];
    made.ip = fmt::format("10.{}.{}.{}", i / 62'500, i / 250 % 250, i % 250 + 1);
    made.tags = {{"env", "prod"}, {"service", std::string(service)}};
    if (i < settings_.canaries) made.tags.emplace_back("tier", "canary");
    made.created = made.updated = now - std::chrono::hours{24 * 400};
    by_id_.emplace(made.id, instances_.size());
    instances_.push_back(std::move(made));
  }
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

std::string CloudModel::uuid(std::string_view what, std::uint64_t n) const {
  const std::uint64_t a = hash(what, fmt::format("uuid {}", n));
  const std::uint64_t b = hash(what, fmt::format("uuid2 {}", n));
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32U, a >> 16U & 0xFFFFU,
                     a & 0xFFFU, (b >> 48U & 0x3FFFU) | 0x8000U, b & 0xFFFFFFFFFFFFULL);
}

std::optional<Trouble> CloudModel::fault() {
  if (settings_.faults.empty()) return std::nullopt;
  double at = chance(std::to_string(requests_), "fault");
  for (const TroubleShare& share : settings_.faults) {
    if (at < share.share) return share.trouble;
    at -= share.share;
  }
  return std::nullopt;
}

HttpResponse CloudModel::serve(const HttpRequest& request, std::string_view token,
                               CloudInstant now) {
  ++requests_;
  HttpResponse answer;
  answer.request_id = fmt::format("{:016x}{:016x}", settings_.seed, requests_);
  answer.content_type = "application/json";
  answer.status = 200;
  const auto reply = [&answer](Reply said) {
    answer.status = said.status;
    answer.body = std::move(said.body);
    return answer;
  };
  const auto failed = [&](int status, std::string_view code, std::string_view text) {
    return reply({status, error_body(code, text)});
  };
  if (!settings_.token.empty() && token != settings_.token) {
    ++refused_;
    return failed(401, "APIGW.0301",
                  token.empty() ? "Incorrect IAM authentication information: x-auth-token not found"
                                : "Incorrect IAM authentication information: decrypt token fail");
  }
  const auto wrong = fault();
  if (wrong == Trouble::reset_before) {
    answer.status = 0;
    return answer;
  }
  if (wrong == Trouble::error_before) return failed(500, "DBS.200412", "Server failure.");
  if (wrong == Trouble::throttled) {
    return failed(429, "APIGW.0308",
                  "The throttling threshold has been reached: policy user over ratelimit,"
                  "limit:60,time:1 minute");
  }
  Reply said = route(request, now);
  if (wrong == Trouble::reset_after) {
    answer.status = 0;
    return answer;
  }
  if (wrong == Trouble::error_after) return failed(500, "DBS.111205", "Service timeout.");
  if (wrong == Trouble::garbage) {
    answer.content_type = "text/html";
    answer.body = "<html><head><title>Please sign in</title></head></html>";
    return answer;
  }
  return reply(std::move(said));
}

CloudModel::Reply CloudModel::route(const HttpRequest& request, CloudInstant now) {
  std::string_view rest = request.path;
  const auto take = [&rest](std::string_view prefix) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
  };
  const bool known = take("/v3/") && take(settings_.project_id);
  if (!known) return {403, error_body("DBS.200044", "Resource not found or permission denied.")};
  if (!take("/instances")) return {404, error_body("APIGW.0101", api_unknown)};
  if (rest.empty() && request.method == Method::get) return list(request, now);
  const std::size_t end = rest.find('/', 1);
  if (!take("/") || end == std::string_view::npos) {
    return {404, error_body("APIGW.0101", api_unknown)};
  }
  const auto found = by_id_.find(std::string(rest.substr(0, end - 1)));
  rest.remove_prefix(end - 1);
  if (!take("/major-version/")) return {404, error_body("APIGW.0101", api_unknown)};
  if (found == by_id_.end()) {
    return {404, error_body("DBS.200002", "The DB instance does not exist.")};
  }
  return major_version(instances_[found->second], rest, request, now);
}

CloudModel::Reply CloudModel::major_version(Instance& instance, std::string_view call,
                                            const HttpRequest& request, CloudInstant now) {
  settle(instance, now);
  if (request.method == Method::post) {
    ++triggers_;
    if (call == "inspection") return start_check(instance, request.body, now);
    if (call == "upgrade") return start_upgrade(instance, request.body, now);
    return {404, error_body("APIGW.0101", api_unknown)};
  }
  if (call == "status") {
    ++statuses_;
    return status(instance, value_of(request, "action"), now);
  }
  if (call == "available-version") return available_versions(instance);
  if (call == "inspection-histories") return check_history(instance, request, now);
  if (call == "upgrade-histories") return upgrade_history(instance, request, now);
  return {404, error_body("APIGW.0101", api_unknown)};
}

CloudModel::Reply CloudModel::list(const HttpRequest& request, CloudInstant now) {
  ++lists_;
  const auto page = page_of(value_of(request, "offset"), value_of(request, "limit"), 100);
  const std::string_view name = value_of(request, "name");
  const std::string_view type = value_of(request, "datastore_type");
  if (!page || name == "*") {
    return {400, error_body("DBS.200001", "Parameter error.")};
  }
  std::string entries;
  std::size_t total = 0;
  const auto add = [&](Instance& instance) {
    settle(instance, now);
    if (instance.made_by) {
      Instance& source = instances_[instance.made_by->first];
      settle(source, now);
      // What an upgrade that failed had begun to make is gone.
      const Task& upgrade = source.upgrades[instance.made_by->second];
      if (upgrade.ended && upgrade.fails) return;
    }
    if (!type.empty() && type != "PostgreSQL") return;
    const bool part = name.starts_with('*');
    if (part && instance.name.find(name.substr(1)) == std::string::npos) return;
    if (!part && !name.empty() && instance.name != name) return;
    if (total >= page->offset && total < page->offset + page->limit) {
      entries += (entries.empty() ? "" : ",") + describe(instance);
    }
    ++total;
  };
  if (const std::string_view id = value_of(request, "id"); !id.empty()) {
    if (const auto found = by_id_.find(std::string(id)); found != by_id_.end()) {
      add(instances_[found->second]);
    }
  } else {
    for (Instance& instance : instances_)
      add(instance);
  }
  return {200, fmt::format(R"({{"instances":[{}],"total_count":{}}})", entries, total)};
}

std::string CloudModel::stats() const {
  std::string by_instance;
  std::uint64_t checks = 0, upgrades = 0;
  std::uint32_t most = 0;
  for (const Instance& instance : instances_) {
    if (instance.checks_accepted + instance.upgrades_accepted == 0) continue;
    by_instance +=
        fmt::format(R"({}"{}":{{"checks":{},"upgrades":{}}})", by_instance.empty() ? "" : ",",
                    instance.id, instance.checks_accepted, instance.upgrades_accepted);
    checks += instance.checks_accepted;
    upgrades += instance.upgrades_accepted;
    most = std::max(most, instance.upgrades_accepted);
  }
  return fmt::format(
      R"({{"requests":{},"by_endpoint":{{"instances":{},"status":{},"histories":{},"triggers":{},)"
      R"("refused":{}}},"checks":{},"upgrades":{},"upgrades_max_per_instance":{},"instances":{{{}}}}})",
      requests_, lists_, statuses_, histories_, triggers_, refused_, checks, upgrades, most,
      by_instance);
}

}  // namespace pawl::simulate
