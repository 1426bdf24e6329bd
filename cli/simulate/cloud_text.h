// The stand-in's answers as text, in the spellings that the cloud documents.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/http.h"
#include "engine/time.h"

namespace pawl::simulate {

/// The status and the body of an answer.
struct Reply {
  int status = 200;
  std::string body;
};

/// An error of the documented tables.
struct Refusal {
  int status;
  std::string_view code, text;
};

namespace refusal {
inline constexpr Refusal parameter{400, "DBS.200001", "Parameter error."};
inline constexpr Refusal malformed_id{400, "DBS.280404", "Invalid instance ID format."};
inline constexpr Refusal no_instance{404, "DBS.200002", "The DB instance does not exist."};
inline constexpr Refusal not_yours{403, "DBS.200044", "Resource not found or permission denied."};
inline constexpr Refusal busy{409, "DBS.200011",
                              "Another operation is being performed or the DB instance is faulty."};
inline constexpr Refusal in_backup{409, "DBS.201205", "The instance is being backed up."};
inline constexpr Refusal same_name{409, "DBS.201201", "The backup name already exists."};
inline constexpr Refusal wrong_state{
    400, "DBS.200086", "This operation is not allowed in the current instance status."};
inline constexpr Refusal frozen{400, "DBS.280449", "The DB instance is frozen."};
inline constexpr Refusal version{400, "DBS.200040", "The DB engine version is not supported."};
inline constexpr Refusal not_checked{409, "DBS.200402",
                                     "This operation is not allowed: no successful check of the "
                                     "target version is in its validity period."};
inline constexpr Refusal not_a_replica{409, "DBS.200402",
                                       "This operation is not allowed for a read replica."};
inline constexpr Refusal no_backup_of_replica{400, "DBS.212003",
                                              "This operation is not allowed for a read replica."};
inline constexpr Refusal not_in_recovery{
    409, "DBS.200402", "This operation is not allowed for a disaster recovery instance."};
inline constexpr Refusal quota{413, "DBS.200046",
                               "The number of DB instances has reached the quota."};
inline constexpr Refusal no_right{
    403, "DBS.200010", "You are not authorised to perform this operation: rds:instance:update."};
inline constexpr Refusal unknown_api{
    404, "APIGW.0101", "The API does not exist or has not been published in the environment"};
}  // namespace refusal

/// {"error_code":…,"error_msg":…}; the gateway's own errors name the request as well.
Reply refused(const Refusal& refusal, std::string_view request_id = "");

/// A JSON string with its quotes; what of `text` is not UTF-8 is replaced.
std::string json_text(std::string_view text);
/// 2023-03-06T02:33:49+0800: whole seconds, an offset without colon.
std::string cloud_time(CloudInstant at);
/// 2023-03-06 18:33:26, as lines of `detail` begin.
std::string detail_time(CloudInstant at);

/// The query's value of that name, empty where it has none.
std::string_view value_of(const HttpRequest& request, std::string_view name);

/// A POST that sets something going.
bool is_submit(const HttpRequest& request);
/// One that asks for an upgrade of some instance.
bool is_upgrade_post(const HttpRequest& request);

struct PageAsked {
  std::size_t offset = 0, limit = 0;
  bool holds(std::size_t position) const { return position >= offset && position - offset < limit; }
};
/// Offset and limit of a list, nullopt where they are no numbers or the limit is not 1 to 100.
std::optional<PageAsked> page_of(const HttpRequest& request, std::size_t otherwise);

}  // namespace pawl::simulate
