// The answers about manual backups (cloud-api 2.3), read strictly.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/http.h"
#include "workflows/cloud_answer.h"

namespace pawl::cloud {

/// A backup was taken on.
struct BackupAccepted {
  std::string backup_id;
  bool operator==(const BackupAccepted&) const = default;
};

struct Backup {
  std::string id, name;
  std::string status;  ///< as the cloud spells it: BUILDING, COMPLETED, FAILED, DELETING
  std::string instance_id;
  OptionalTime begin;
  bool operator==(const Backup&) const = default;
};

/// One page of the list, in the cloud's order.
struct BackupPage {
  std::vector<Backup> backups;
  std::vector<UnreadableEntry> unreadable;
  std::int64_t total_count = 0;
};

Answer<BackupAccepted> read_backup_accepted(const HttpResponse& response);
Answer<BackupPage> read_backups(const HttpResponse& response);

}  // namespace pawl::cloud
