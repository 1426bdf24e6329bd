// Requests to the cloud as values (cloud-api sections 1 and 2.1). Host and credentials are added
// elsewhere. An id that is no path segment is a bug here: whoever takes ids in, asks
// `is_path_segment` first.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/http.h"

namespace pawl::cloud {

/// One to 128 of RFC 3986's unreserved characters, and not just points.
bool is_path_segment(std::string_view text);

/// Which instance a call is about.
struct InstanceKey {
  std::string_view project_id;
  std::string_view instance_id;
};

/// Which of the two tasks a status tells about.
enum class Task : std::uint8_t { check, upgrade };
/// is_change_private_ip: with cutover the addresses move to the new instance.
enum class Cutover : std::uint8_t { no, yes };
/// statistics_collection_mode, which counts with cutover only.
enum class Statistics : std::uint8_t { before_cutover, after_cutover };

/// A part of a list: `offset` counts records from 0, `limit` is 1 to 100.
struct Page {
  std::uint32_t offset = 0;
  std::uint32_t limit = 100;
};

HttpRequest ask_available_versions(const InstanceKey& key);
/// `target` as it was offered; it must be a version.
HttpRequest post_inspection(const InstanceKey& key, std::string_view target);
HttpRequest ask_status(const InstanceKey& key, Task task);
/// Newest first, valid and invalid reports alike: the default of `is_available` differs between
/// editions (1.4), so it is never sent.
HttpRequest ask_inspection_history(const InstanceKey& key, Page page);
/// Must never be sent twice: there is no idempotency key. `target` must be a version.
HttpRequest post_upgrade(const InstanceKey& key, std::string_view target, Cutover cutover,
                         Statistics statistics);
/// Newest first.
HttpRequest ask_upgrade_history(const InstanceKey& key, Page page);

/// A manual backup. `name` is 4 to 64 letters, digits, '-' and '_', the first a letter;
/// `description` has none of >!<"&'= and no control characters.
HttpRequest post_backup(const InstanceKey& key, std::string_view name,
                        std::string_view description);
/// The manual backups of an instance.
HttpRequest ask_backups(const InstanceKey& key, Page page);
/// One of its backups.
HttpRequest ask_backup(const InstanceKey& key, std::string_view backup_id);

/// The PostgreSQL instances of a project; pages shift while instances come and go.
HttpRequest ask_instances(std::string_view project_id, Page page);
/// One instance of any engine by its id: there is no call for a single one.
HttpRequest ask_instance(const InstanceKey& key);
/// Which instances of a project take part in disaster recovery; some clouds have no such call.
HttpRequest ask_dr_relations(std::string_view project_id);
/// The PostgreSQL instances whose name contains `part`, which is not empty and has no '*'.
HttpRequest ask_instances_named(std::string_view project_id, std::string_view part, Page page);

}  // namespace pawl::cloud
