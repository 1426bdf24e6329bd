#include "storage/leases.h"

#include <algorithm>

#include "engine/http_date.h"

namespace pawl {
namespace {

/// A lease is written once the cloud has asked for quiet, which it can for so long at most. What is
/// later than that was edited, and every command would wait for it.
Instant believed_quiet(Instant at, Instant until) {
  constexpr Instant far{std::chrono::hours{24 * 366 * 500}};  // so that nothing overflows
  return until > std::clamp(at, Instant{}, far) + retry_after_max ? Instant{} : until;
}

}  // namespace

Result<std::optional<QuotaLease>> load_lease(Database& database, const std::string& account) {
  Result<Statement> rows =
      database.prepare("SELECT level, at, slowed_to, quiet_until FROM leases WHERE account = ?1");
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(account).step();
  if (!row) return row.error();
  if (!*row) return std::optional<QuotaLease>{};
  const std::int64_t slowed = std::clamp<std::int64_t>(rows->integer(2), 0, UINT32_MAX);
  return std::optional(QuotaLease{account, rows->real(0), rows->instant(1),
                                  static_cast<std::uint32_t>(slowed),
                                  believed_quiet(rows->instant(1), rows->instant(3))});
}

Result<std::optional<QuotaLease>> take_lease(Database& database, const std::string& account,
                                             const NextLease& next) {
  Transaction transaction(database);
  if (Outcome begun = transaction.begin_write(); !begun) return begun.error();
  const auto last = load_lease(database, account);
  if (!last) return last.error();
  auto lease = next(*last);
  if (!lease) return lease;
  Result<Statement> put = database.prepare(put_lease_sql);
  if (!put) return put.error();
  const Outcome written =
      put->run(account, lease->level, lease->at, lease->slowed_to, lease->quiet_until);
  if (!written) return written.error();
  if (Outcome committed = transaction.commit(); !committed) return committed.error();
  return lease;
}

}  // namespace pawl
