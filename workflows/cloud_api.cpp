#include "workflows/cloud_api.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "engine/ascii.h"
#include "workflows/cloud_fields.h"

namespace pawl::cloud {

namespace {

constexpr std::array<std::pair<std::string_view, TaskState>, 3> task_states{
    {{"running", TaskState::running},
     {"success", TaskState::success},
     {"failed", TaskState::failed}}};

/// The value that `read(Fields&)` makes of the object in a 2xx answer.
template <typename T, typename Read>
Answer<T> read_object(const HttpResponse& response, std::string_view answer, Read read) {
  const Answer<JsonDocument> json = open_answer(response, answer);
  if (!json) return json.unreadable();
  Fields fields(json->root(), answer);
  T value = read(fields);
  if (fields.flaw()) return *fields.flaw();
  return value;
}

template <typename T, typename Read>
Answer<History<T>> read_history(const HttpResponse& response, std::string_view answer,
                                std::string_view list, Read read) {
  return read_object<History<T>>(response, answer, [&](Fields& fields) {
    History<T> history;
    history.total_count = fields.count("total_count");
    read_entries(fields.array(list), answer, read, history.entries, history.unreadable);
    const std::size_t here = history.entries.size() + history.unreadable.size();
    if (std::cmp_less(history.total_count, here)) {
      fields.fail(Flaw::wrong_shape, "total_count", std::to_string(history.total_count),
                  "at least the number of entries");
    }
    return history;
  });
}

/// Whatever the object holds, known to us or not, is null or blank. An object with anything else in
/// it, such as an error, must not pass for proof that nothing ran.
bool nothing_given(const Json& object) {
  return object.kind == Json::Kind::object &&
         std::all_of(object.items.begin(), object.items.end(), [](const Json& field) {
           return field.kind == Json::Kind::null ||
                  (field.kind == Json::Kind::text && trim(field.text).empty());
         });
}

InspectionReport read_inspection_report(Fields& fields) {
  InspectionReport report;
  report.id = fields.id("id");
  report.checked = fields.time("check_time");
  report.expires = fields.optional_time("expiration_time");
  report.target = fields.version("target_version");
  // The API Explorer's sample spells the name with a trailing blank (1.4).
  report.state = fields.word("result", task_states, "result ");
  report.detail = fields.verbatim("detail");
  return report;
}

UpgradeReport read_upgrade_report(Fields& fields) {
  UpgradeReport report;
  report.id = fields.id("id");
  report.start = fields.time("start_time");
  report.source_id = fields.optional_instance_id("src_instance_id");
  report.destination_id = fields.optional_instance_id("dst_instance_id");
  fields.optional_version("src_database_version");  // nothing goes by it; odd, it is a flaw
  report.destination_version = fields.optional_version("dst_database_version");
  report.state = fields.word("result", task_states, "result ");
  report.cutover = fields.optional_boolean("is_private_ip_changed");
  report.cutover_at = fields.optional_time("private_ip_change_time");
  fields.optional_text("statistics_collection_mode");  // the same
  report.detail = fields.verbatim("detail");
  return report;
}

}  // namespace

const MajorStatus never_ran;

Answer<AvailableVersions> read_available_versions(const HttpResponse& response) {
  return read_object<AvailableVersions>(
      response, "the answer to available-version", [](Fields& fields) {
        AvailableVersions available;
        for (const Json& element : fields.array("available_versions")) {
          if (element.kind != Json::Kind::text || trim(element.text).empty()) {
            fields.fail(Flaw::wrong_shape, "available_versions",
                        "a list with " + spoken(element) + " in it", "a list of versions");
          }
          available.versions.emplace_back(element.text);
        }
        return available;
      });
}

Answer<InspectionAccepted> read_inspection_accepted(const HttpResponse& response) {
  return read_object<InspectionAccepted>(response, "the answer to inspection", [](Fields& fields) {
    return InspectionAccepted{fields.id("report_id")};
  });
}

Answer<UpgradeAccepted> read_upgrade_accepted(const HttpResponse& response) {
  return read_object<UpgradeAccepted>(response, "the answer to upgrade", [](Fields& fields) {
    return UpgradeAccepted{fields.id("job_id")};
  });
}

Answer<MajorStatus> read_status(const HttpResponse& response) {
  constexpr std::string_view answer = "the answer to status";
  const Answer<JsonDocument> json = open_answer(response, answer);
  if (!json) return json.unreadable();
  if (nothing_given(json->root())) return Answer<MajorStatus>(never_ran);
  Fields fields(json->root(), answer);
  TaskStatus status;
  status.state = fields.word("status", task_states);
  status.target = fields.version("target_version");
  status.start = fields.time("start_time");
  status.expires = fields.optional_time("check_expiration_time");
  status.detail = fields.verbatim("detail");
  if (fields.flaw()) return *fields.flaw();
  return MajorStatus{std::move(status)};
}

Answer<History<InspectionReport>> read_inspection_history(const HttpResponse& response) {
  return read_history<InspectionReport>(response, "the answer to inspection-histories",
                                        "inspection_reports", read_inspection_report);
}

Answer<History<UpgradeReport>> read_upgrade_history(const HttpResponse& response) {
  return read_history<UpgradeReport>(response, "the answer to upgrade-histories", "upgrade_reports",
                                     read_upgrade_report);
}

}  // namespace pawl::cloud
