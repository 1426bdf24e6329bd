// Where credentials lie (cloud-api 4.1), and which of them counts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/result.h"
#include "workflows/iam_api.h"
#include "workflows/signer.h"

namespace pawl {

/// What the sources are read from; a test gives its own.
struct Surroundings {
  std::function<std::string(const char* name)> variable;  ///< empty where it is not set
  /// The bytes of a file; none where it does not exist. Fault::remote when it cannot be read.
  std::function<Result<std::optional<std::string>>(const std::string& path)> file;
  std::function<bool(const std::string& path)> exists;
};
Surroundings real_surroundings();

enum class CredentialKind : std::uint8_t { none, token, key, password, metadata };

/// Secrets stand in `token`, `key` and `login` alone.
struct FoundCredentials {
  CredentialKind kind = CredentialKind::none;
  std::string source;  ///< for people: which variables or file; no value of them
  std::string token;
  cloud::AccessKey key;
  cloud::PasswordLogin login;
  std::string metadata_endpoint;                 ///< with `metadata`
  std::string project_id, project_name, region;  ///< as named beside the credentials
  std::string project_from;                      ///< the variable that names `project_id`, if any
  std::string iam_endpoint;                      ///< without a path; empty: the region's
  std::string iam_from;                          ///< the variable or file that names it, if any
  /// A sentence, without its point, for each thing that is set and might be thought to count, but
  /// does not: what to set instead.
  std::vector<std::string> not_read;
};

/// The first that is set of: the SDK's variables (HUAWEICLOUD_SDK_*, CLOUD_SDK_*), the Terraform
/// provider's (HW_*), OpenStack's (OS_*); the SDK's credentials file; the metadata service, where
/// PAWL_METADATA_ENDPOINT names it. Within a family a token comes first, then a key, then a
/// password. Half of a pair is Fault::remote, which says what is missing: going on to the next
/// source would act as somebody else. For the same reason IAM's address is taken from the
/// convention whose credentials count, and a leftover of another one is not read; the metadata
/// service belongs to none, and goes by the first that is set.
Result<FoundCredentials> find_credentials(const Surroundings& around);

/// The project of the environment (HUAWEICLOUD_SDK_PROJECT_ID, CLOUD_SDK_PROJECT_ID, HW_PROJECT_ID,
/// OS_PROJECT_ID, OS_TENANT_ID, in this order), or an empty text.
std::string project_from_environment();

/// What signs notifications, from PAWL_WEBHOOK_SECRET, which it takes away; empty: none is set.
std::string take_webhook_secret();
/// The variables that hold secrets; nothing that pawl starts is to see them.
std::vector<std::string> secret_variables();

/// From now on this process leaves no core, and no variable in its environment holds a secret: not
/// for what it starts, and not in the bytes that /proc shows.
void guard_secrets();

}  // namespace pawl
