// Answers of a hostile cloud: each reader, and what a run then decides, comes to an end.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "workflows/cloud_api.h"
#include "workflows/cloud_errors.h"
#include "workflows/cloud_instances.h"
#include "workflows/cloud_recovery.h"
#include "workflows/quick_json.h"

using namespace pawl;

/// The first byte chooses status and content type, the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  HttpResponse answer;
  constexpr int statuses[] = {200, 200, 400, 404, 409, 429, 500, 502};
  answer.status = statuses[bytes[0] % 8U];
  answer.content_type = (bytes[0] & 8U) == 0 ? "application/json" : "text/html";
  answer.body.assign(reinterpret_cast<const char*>(bytes) + 1, size - 1);

  if (const auto quick = cloud::read_quickly(answer.body)) {
    const auto thorough = cloud::read_thoroughly(answer.body);
    const auto* const same = std::get_if<cloud::JsonDocument>(&thorough);
    if (same == nullptr || quick->root() != same->root()) __builtin_trap();
  }
  const auto status = cloud::read_status(answer);
  const auto checks = cloud::read_inspection_history(answer);
  const auto upgrades = cloud::read_upgrade_history(answer);
  const auto versions = cloud::read_available_versions(answer);
  const auto inspection = cloud::read_inspection_accepted(answer);
  const auto upgrade = cloud::read_upgrade_accepted(answer);
  const auto instances = cloud::read_instances(answer);
  const auto relations = cloud::read_dr_relations(answer);
  // Law 8: an acceptance has an id.
  if (inspection && inspection->report_id.empty()) __builtin_trap();
  if (upgrade && upgrade->job_id.empty()) __builtin_trap();

  const cloud::CloudError error = cloud::read_error(answer);
  const std::string words = cloud::describe(error);
  if (words.size() > 400 || words.find('\n') != std::string::npos) __builtin_trap();
  cloud::classify(error, Method::post);
  // What a server's failure proves is nothing.
  if (answer.status >= 500 && cloud::certainly_refused(error, cloud::Trigger::upgrade)) {
    __builtin_trap();
  }
  return 0;
}
