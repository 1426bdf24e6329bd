#include "workflows/cloud_backups.h"

#include "workflows/cloud_fields.h"

namespace pawl::cloud {

namespace {

constexpr std::string_view accepted_answer = "the answer to a backup";
constexpr std::string_view list_answer = "the answer to the list of backups";

Backup read_backup(Fields& fields) {
  Backup backup;
  backup.id = fields.id("id");
  backup.name = fields.optional_text("name");
  backup.status = fields.text("status");
  backup.instance_id = fields.optional_text("instance_id");
  backup.begin = fields.optional_time("begin_time");
  return backup;
}

}  // namespace

Answer<BackupAccepted> read_backup_accepted(const HttpResponse& response) {
  const Answer<JsonDocument> json = open_answer(response, accepted_answer);
  if (!json) return json.unreadable();
  Fields fields(json->root(), accepted_answer);
  const Json* backup = fields.optional_object("backup");
  if (backup == nullptr) {
    fields.fail(Flaw::wrong_shape, "backup", "nothing", "an object");
    return *fields.flaw();
  }
  Fields part(*backup, accepted_answer);
  BackupAccepted accepted{part.id("id")};
  if (part.flaw()) return *part.flaw();
  return accepted;
}

Answer<BackupPage> read_backups(const HttpResponse& response) {
  const Answer<JsonDocument> json = open_answer(response, list_answer);
  if (!json) return json.unreadable();
  Fields fields(json->root(), list_answer);
  BackupPage page;
  page.total_count = fields.count("total_count");
  read_entries(fields.array("backups"), list_answer, read_backup, page.backups, page.unreadable);
  if (fields.flaw()) return *fields.flaw();
  return page;
}

}  // namespace pawl::cloud
