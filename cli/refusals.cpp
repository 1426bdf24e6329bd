#include "cli/refusals.h"

#include <fmt/core.h>

#include <random>
#include <variant>

#include "engine/digest.h"
#include "storage/refused_proofs.h"
#include "workflows/cloud_errors.h"

namespace pawl {

namespace {

std::string fresh_salt() {
  std::random_device random;
  std::string salt;
  for (int i = 0; i < 4; ++i)
    salt += fmt::format("{:08x}", random());
  return salt;
}

/// The latest refusal of these; its digest is empty where there is none.
Result<RefusedProof> refusal_of(Database& database, const FoundCredentials& found) {
  auto all = refused_proofs(database);
  if (!all) return all.error();
  for (RefusedProof& one : *all) {
    if (proof_digest(found, one.salt) == one.digest) return std::move(one);
  }
  return RefusedProof{};
}

}  // namespace

bool is_refusal(const FailedCall& failed, const FoundCredentials& found) {
  const auto* answer = std::get_if<HttpResponse>(&failed.call.what);
  if (answer == nullptr || answer->status < 400) return false;
  if (found.kind == CredentialKind::metadata && failed.endpoint == found.metadata_endpoint) {
    return false;
  }
  return cloud::classify(cloud::read_error(*answer), Method::get) ==
         cloud::ErrorClass::renew_credentials;
}

std::string proof_digest(const FoundCredentials& found, std::string_view salt) {
  const auto under = [salt](const std::string& secret, const std::string& name) {
    return hmac_sha256_hex(secret, fmt::format("{}\n{}", salt, name));
  };
  switch (found.kind) {
    case CredentialKind::none:
      break;
    case CredentialKind::token:
      return under(found.token, "token");
    case CredentialKind::key:
      return under(found.key.secret,
                   fmt::format("key\n{}\n{}", found.key.access, found.key.security_token));
    case CredentialKind::password:
      return under("", fmt::format("user\n{}\n{}", found.login.domain, found.login.user));
    case CredentialKind::metadata:
      return under("", "metadata\n" + found.metadata_endpoint);
  }
  return "";
}

Outcome may_be_tried(Database& database, const FoundCredentials& found, Instant now) {
  if (found.kind == CredentialKind::none) return Done{};
  const auto refused = refusal_of(database, found);
  if (!refused) return refused.error();
  // One of the future was written by a clock that has been set since.
  const bool alone =
      !refused->digest.empty() && refused->at <= now && now - refused->at < left_alone_for;
  if (!alone) return Done{};
  const bool changes = found.kind == CredentialKind::key || found.kind == CredentialKind::token;
  return Error{
      Fault::refused,
      fmt::format(
          "the cloud refused {} at {}, and a few more refusals would lock it for everybody; "
          "the next try is at {}\nmend it: {}`pawl doctor` tries it now, and where that "
          "works nothing waits any more",
          found.source, format_utc(refused->at), format_utc(refused->at + left_alone_for),
          changes ? "another one is tried at once; " : "")};
}

Outcome note_refusal(Database& database, const FoundCredentials& found, Instant now) {
  if (found.kind == CredentialKind::none) return Done{};
  const auto before = refusal_of(database, found);
  if (!before) return before.error();
  const std::string salt = before->salt.empty() ? fresh_salt() : before->salt;
  return note_refused_proof(database, {salt, proof_digest(found, salt), now}, now - left_alone_for);
}

Outcome forget_refusal(Database& database, const FoundCredentials& found) {
  if (found.kind == CredentialKind::none) return Done{};
  const auto refused = refusal_of(database, found);
  if (!refused) return refused.error();
  if (refused->digest.empty()) return Done{};
  return forget_refused_proof(database, refused->digest);
}

}  // namespace pawl
