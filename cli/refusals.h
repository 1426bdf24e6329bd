// Credentials that the cloud has refused are left alone for a while, by every driver that the store
// sees: more than five failures in a row lock an access key for everybody who uses it (cloud-api
// 5.4), and a driver that is started again and again makes them in no time. What is remembered is a
// salted digest.
#pragma once

#include <string>
#include <string_view>

#include "cli/credential_sources.h"
#include "cli/credentials.h"
#include "engine/result.h"
#include "engine/time.h"
#include "storage/sqlite.h"

namespace pawl {

/// As long as the cloud locks a key.
inline constexpr Duration left_alone_for = std::chrono::minutes{5};

/// Whether the call was refused for its credentials; the metadata service locks nobody out.
bool is_refusal(const FailedCall& failed, const FoundCredentials& found);

/// Tells these credentials from others, and nothing else to whoever reads it: of an access key or a
/// token, an HMAC under the secret itself, as every signature is; of a user, without the password,
/// which could be guessed. So a key or token that was mended is another one. Empty for none.
std::string proof_digest(const FoundCredentials& found, std::string_view salt);

/// Fault::refused while they were refused less than `left_alone_for` ago: says when they are tried
/// next, and what to do.
Outcome may_be_tried(Database& database, const FoundCredentials& found, Instant now);
/// They were refused, just now.
Outcome note_refusal(Database& database, const FoundCredentials& found, Instant now);
/// They work after all.
Outcome forget_refusal(Database& database, const FoundCredentials& found);

}  // namespace pawl
