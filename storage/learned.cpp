#include "storage/learned.h"

#include <utility>

namespace pawl {

Result<std::vector<StepTook>> steps_took(Database& database) {
  std::vector<StepTook> found;
  // Backwards from the last entries of the runs that were upgraded last, and of the latest that
  // were checked: no index finds the entries themselves.
  Outcome read = database.each(
      "WITH RECURSIVE latest(seq) AS (SELECT last_seq FROM run_states WHERE run IN "
      "(SELECT run FROM entries WHERE event = 'upgrade_succeeded' ORDER BY seq DESC LIMIT 256) "
      "UNION SELECT last_seq FROM (SELECT last_seq FROM run_states WHERE state IN "
      "('succeeded', 'ready') ORDER BY run DESC LIMIT 256)), "
      "way(seq) AS (SELECT seq FROM latest UNION ALL SELECT p.prior FROM way "
      "JOIN entries p ON p.seq = way.seq WHERE p.prior > 0 AND p.prior < p.seq) "
      "SELECT e.event, json_extract(e.data, '$.took_ms') AS took FROM way "
      "JOIN entries e ON e.seq = way.seq WHERE e.event IN "
      "('precheck_passed', 'upgrade_succeeded', 'verify_passed') AND took IS NOT NULL",
      [&](const Statement& row) {
        found.push_back({std::string(row.text(0)), Duration{row.integer(1)}});
      });
  if (!read) return read.error();
  return found;
}

Result<std::vector<UpgradeTook>> upgrades_took(Database& database, const std::string& rollout) {
  std::vector<UpgradeTook> found;
  Outcome read = database.each(
      "SELECT instance_id, json_extract(data, '$.took_ms') AS took FROM entries "
      "WHERE event = 'upgrade_succeeded' AND +rollout = ?1 AND took IS NOT NULL",
      [&](const Statement& row) {
        found.push_back({std::string(row.text(0)), Duration{row.integer(1)}});
      },
      rollout);
  if (!read) return read.error();
  return found;
}

Result<std::vector<PastRun>> past_runs(Database& database) {
  std::vector<PastRun> found;
  Outcome read = database.each(
      "SELECT r.id, u.instance_id, s.state, json_extract(e.state, '$.reason'), "
      "json_extract(e.state, '$.facts.new_instance_id'), "
      "json_extract(e.state, '$.facts.target_version'), "
      "json_extract(e.state, '$.step') FROM runs u "
      "JOIN rollouts r ON r.key = u.rollout JOIN run_states s ON s.run = u.run "
      "JOIN entries e ON e.seq = s.last_seq WHERE s.state IN ('verifying', "
      "'succeeded', 'failed', 'skipped', 'cancelled', 'needs_operator') "
      "ORDER BY u.rollout DESC, u.run",
      [&](const Statement& row) {
        found.push_back({std::string(row.text(0)), std::string(row.text(1)),
                         std::string(row.text(2)), std::string(row.text(3)),
                         std::string(row.text(4)), std::string(row.text(5)),
                         static_cast<std::uint8_t>(row.integer(6))});
      });
  if (!read) return read.error();
  return found;
}

}  // namespace pawl
