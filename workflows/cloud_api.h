// The answers of the six major-version calls as typed values (cloud-api section 1), read strictly:
// what is missing, null, of another type or unknown is Unreadable; further fields are ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/http.h"
#include "workflows/cloud_answer.h"
#include "workflows/versions.h"

namespace pawl::cloud {

/// The targets that an instance may go to, each exactly as listed, perhaps none (1.1).
struct AvailableVersions {
  std::vector<std::string> versions;
  bool operator==(const AvailableVersions&) const = default;
};

/// A check was taken on (1.2).
struct InspectionAccepted {
  std::string report_id;
  bool operator==(const InspectionAccepted&) const = default;
};

/// An upgrade was taken on (1.5).
struct UpgradeAccepted {
  std::string job_id;
  bool operator==(const UpgradeAccepted&) const = default;
};

enum class TaskState : std::uint8_t { running, success, failed };

/// No check or upgrade is known: the answer is an object in which nothing is given.
struct NeverRan {
  bool operator==(const NeverRan&) const = default;
};
/// The latest check or upgrade. Whose it is, only `target` and `start` can hint at (trap 1).
struct TaskStatus {
  TaskState state;
  VersionText target;
  CloudTime start;
  OptionalTime expires;  ///< check_expiration_time
  std::string detail;    ///< verbatim; to be shown, never to decide by
  bool operator==(const TaskStatus&) const = default;
};
using MajorStatus = std::variant<NeverRan, TaskStatus>;
/// A temporary in its place is taken for a TaskStatus without a state by GCC 12 under sanitizers.
extern const MajorStatus never_ran;

/// An entry of the check history (1.4).
struct InspectionReport {
  std::string id;  ///< presumably the report_id of InspectionAccepted
  CloudTime checked;
  OptionalTime expires;
  VersionText target;
  TaskState state;
  std::string detail;
  bool operator==(const InspectionReport&) const = default;
};

/// An entry of the upgrade history (1.6). A running one may lack all but id, start and state.
struct UpgradeReport {
  std::string id;  ///< not stated to be the job_id
  CloudTime start;
  std::string source_id;       ///< empty when not given; in a sample not the instance asked for
  std::string destination_id;  ///< the new instance, fit to stand in a path; empty when not given
  std::optional<VersionText> destination_version;
  TaskState state;
  std::optional<bool> cutover;  ///< is_private_ip_changed: the wish, not proof that it happened
  OptionalTime cutover_at;      ///< may lie after the end of the upgrade
  std::string detail;
  bool operator==(const UpgradeReport&) const = default;
};

/// One page of a history, in the cloud's order.
template <typename T>
struct History {
  std::vector<T> entries;
  std::vector<UnreadableEntry> unreadable;  ///< of this page; evidence is not complete with any
  std::int64_t total_count = 0;             ///< of all pages; at least what this page holds
  bool operator==(const History&) const = default;
};

Answer<AvailableVersions> read_available_versions(const HttpResponse& response);
Answer<InspectionAccepted> read_inspection_accepted(const HttpResponse& response);
Answer<UpgradeAccepted> read_upgrade_accepted(const HttpResponse& response);
Answer<MajorStatus> read_status(const HttpResponse& response);
Answer<History<InspectionReport>> read_inspection_history(const HttpResponse& response);
Answer<History<UpgradeReport>> read_upgrade_history(const HttpResponse& response);

}  // namespace pawl::cloud
