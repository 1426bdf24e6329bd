// Proofs of who calls that the cloud has refused, as digests that nobody can undo.
#pragma once

#include <string>
#include <vector>

#include "engine/result.h"
#include "engine/time.h"
#include "storage/sqlite.h"

namespace pawl {

struct RefusedProof {
  std::string salt, digest;
  Instant at{};
  bool operator==(const RefusedProof&) const = default;
};

/// The latest first.
Result<std::vector<RefusedProof>> refused_proofs(Database& database);
/// Durable on return; one of the same digest, and those from before `forget_before`, are gone then.
Outcome note_refused_proof(Database& database, const RefusedProof& refused, Instant forget_before);
/// Durable on return.
Outcome forget_refused_proof(Database& database, const std::string& digest);

}  // namespace pawl
