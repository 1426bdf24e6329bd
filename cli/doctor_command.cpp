// `pawl doctor`: which credentials, project, endpoint and clock are in force, and whether they
// work.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/cloud_client.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/diagnosis.h"
#include "cli/exchange.h"
#include "cli/plan_file.h"
#include "cli/way_out.h"
#include "engine/io/system_clock.h"
#include "workflows/cloud_errors.h"
#include "workflows/cloud_instances.h"
#include "workflows/endpoints.h"

namespace pawl {

namespace {

constexpr Duration call_timeout{15'000};

/// What is printed, as text. An empty one is not known.
struct Report {
  std::string credentials, endpoint, iam_endpoint, region, project_id, call, advice;
  std::optional<Duration> clock_ahead;
  bool works = false;
};

/// The answer's Date has a grain of a second: half of one is the fairest guess.
std::optional<Duration> clock_ahead(const Completion& call) {
  const auto* answer = std::get_if<HttpResponse>(&call.what);
  if (answer == nullptr || !answer->date) return std::nullopt;
  const Instant middle = call.sent + (call.received - call.sent) / 2;
  const Duration ahead = answer->date->at + Duration{500} - middle;
  return std::chrono::abs(ahead) < Duration{1'000} ? Duration{0} : ahead;
}

std::string outcome_of(const Completion& call) {
  if (const auto* none = std::get_if<NoAnswer>(&call.what)) return none->why;
  const auto& answer = std::get<HttpResponse>(call.what);
  if (answer.status > 299) return cloud::describe(cloud::read_error(answer));
  const auto page = cloud::read_instances(answer);
  if (!page) return page.unreadable().text;
  return fmt::format("HTTP {}, {} PostgreSQL {}", answer.status, page->total_count,
                     page->total_count == 1 ? "instance" : "instances");
}

/// Fills in what the call to `endpoint` shows.
void examine(Report& report, const std::string& endpoint, Completion call) {
  report.call = outcome_of(call);
  report.clock_ahead = clock_ahead(call);
  Examined examined{report.credentials, endpoint,        report.region,
                    report.project_id,  std::move(call), report.clock_ahead};
  examined.proxy = proxy_variable(endpoint, real_surroundings().variable);
  if (const auto addresses = own_addresses()) examined.way_out = way_out(*addresses);
  report.advice = advice_for(examined);
  report.works = report.advice.empty();
}

Result<Completion> harmless_call(const ProofTarget& target, Credentials& credentials,
                                 Clock& clock) {
  auto client = client_for(target, credentials, clock);
  if (!client) return client.error();
  return exchange(clock, **client, cloud::ask_instances(credentials.project_id(), {0, 1}),
                  call_timeout);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// Where the calls go: the plan's place, else the environment's region.
Result<ProofTarget> target_for(const std::string& plan, const FoundCredentials& found,
                               const Options& options, const Log& log) {
  if (!plan.empty()) {
    auto file = read_plan_file(plan, log);
    if (!file) return file.error();
    return target_of(file->plan, options.ca_file);
  }
  if (!is_region(found.region)) {
    return Error{Fault::usage,
                 "no region is named: give a plan (`pawl doctor PLAN`), or set HW_REGION_NAME, "
                 "OS_REGION_NAME or OS_REGION"};
  }
  return ProofTarget{endpoint_for_region(found.region), found.region, "", options.ca_file};
}

Result<Report> examine_all(const Options& options, const Log& log, const std::string& plan) {
  auto found = take_credentials(log);
  if (!found) return found.error();
  auto target = target_for(plan, *found, options, log);
  if (!target) return target.error();
  Report report;
  report.credentials = found->source;
  report.endpoint = target->endpoint;
  report.region = region_of(*found, *target);
  if (const auto iam = iam_endpoint_of(*found, *target)) report.iam_endpoint = *iam;
  SystemClock clock;
  std::optional<FailedCall> failed;
  auto credentials = Credentials::open(*found, *target, clock, &failed);
  if (!credentials) {
    report.project_id = target->project_id;
    report.call = first_line(credentials.error().what);
    report.advice = credentials.error().what.substr(report.call.size());
    if (failed) examine(report, failed->endpoint, std::move(failed->call));
    if (report.advice.empty()) report.advice = report.call;
    if (report.advice.starts_with('\n')) report.advice.erase(0, 1);
    report.works = false;
    return report;
  }
  report.project_id = (*credentials)->project_id();
  auto call = harmless_call(*target, **credentials, clock);
  if (!call) return call.error();
  examine(report, report.endpoint, std::move(*call));
  return report;
}

std::string clock_words(const Report& report) {
  if (!report.clock_ahead) return "the cloud's is not known";
  const auto seconds = std::chrono::round<std::chrono::seconds>(*report.clock_ahead).count();
  if (seconds == 0) return "as the cloud's";
  return fmt::format("{} s {} the cloud's", std::abs(seconds), seconds > 0 ? "behind" : "ahead of");
}

void print(const Options& options, const Report& report) {
  const auto known = [](const std::string& text) { return text.empty() ? "not known" : text; };
  if (options.format == Format::table) {
    fmt::print(
        "credentials   {}\nendpoint      {}\nIAM endpoint  {}\nregion        {}\n"
        "project       {}\nclock         {}\ncall          {}\n{}\n",
        report.credentials.empty() ? "none" : report.credentials, report.endpoint,
        known(report.iam_endpoint), known(report.region), known(report.project_id),
        clock_words(report), report.call,
        report.works ? "all is well" : "what to do    " + report.advice);
    return;
  }
  const auto value = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
  };
  nlohmann::ordered_json clock;
  if (report.clock_ahead) clock = static_cast<double>(report.clock_ahead->count()) / 1'000;
  const nlohmann::ordered_json object{{"works", report.works},
                                      {"credentials", value(report.credentials)},
                                      {"endpoint", report.endpoint},
                                      {"iam_endpoint", value(report.iam_endpoint)},
                                      {"region", value(report.region)},
                                      {"project_id", value(report.project_id)},
                                      {"clock_behind_s", clock},
                                      {"call", report.call},
                                      {"what_to_do", value(report.advice)}};
  fmt::print("{}\n", object.dump());
}

}  // namespace

int doctor_command(const Options& options, const Log& log, const std::string& plan) {
  const auto report = examine_all(options, log, plan);
  if (!report) return fail(log, report.error());
  print(options, *report);
  return report->works ? exit_code::finished : exit_code::remote;
}

}  // namespace pawl
