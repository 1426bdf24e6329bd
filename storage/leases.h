// The account's bucket of calls, as it is kept between drivers and beside one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/journal.h"
#include "storage/sqlite.h"

namespace pawl {

inline constexpr const char* put_lease_sql =
    "INSERT OR REPLACE INTO leases VALUES(?1, ?2, ?3, ?4, ?5)";

/// The bucket's last lease of `account`, if there ever was one.
Result<std::optional<QuotaLease>> load_lease(Database& database, const std::string& account);

/// For a process that drives nothing: `next` is shown the last lease and names a further one, or
/// none; between the two nobody else takes any. The lease, which is durable on return.
using NextLease = std::function<std::optional<QuotaLease>(const std::optional<QuotaLease>& last)>;
Result<std::optional<QuotaLease>> take_lease(Database& database, const std::string& account,
                                             const NextLease& next);

}  // namespace pawl
