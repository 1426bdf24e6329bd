#include "storage/refused_proofs.h"

namespace pawl {

Result<std::vector<RefusedProof>> refused_proofs(Database& database) {
  std::vector<RefusedProof> refused;
  Outcome read = database.each(
      "SELECT salt, digest, at FROM refused_proofs ORDER BY at DESC, digest",
      [&](const Statement& row) {
        refused.push_back({std::string(row.text(0)), std::string(row.text(1)), row.instant(2)});
      });
  if (!read) return read.error();
  return refused;
}

Outcome note_refused_proof(Database& database, const RefusedProof& refused, Instant forget_before) {
  Transaction transaction(database);
  if (Outcome begun = transaction.begin_write(); !begun) return begun;
  Result<Statement> old = database.prepare("DELETE FROM refused_proofs WHERE at < ?1");
  if (!old) return old.error();
  if (Outcome gone = old->run(forget_before); !gone) return gone;
  Result<Statement> put =
      database.prepare("INSERT OR REPLACE INTO refused_proofs VALUES(?1, ?2, ?3)");
  if (!put) return put.error();
  if (Outcome written = put->run(refused.digest, refused.salt, refused.at); !written) {
    return written;
  }
  return transaction.commit();
}

Outcome forget_refused_proof(Database& database, const std::string& digest) {
  Transaction transaction(database);
  if (Outcome begun = transaction.begin_write(); !begun) return begun;
  Result<Statement> gone = database.prepare("DELETE FROM refused_proofs WHERE digest = ?1");
  if (!gone) return gone.error();
  if (Outcome run = gone->run(digest); !run) return run;
  return transaction.commit();
}

}  // namespace pawl
