#include "storage/refused_proofs.h"

#include <doctest/doctest.h>

#include "sample.h"

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;

TEST_CASE("refused proofs are kept the latest first, each once, and no longer than is asked for") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  Database& database = driving.store->database();
  const std::string salt(16, 's');
  good(note_refused_proof(database, {salt, "a", noon}, noon - 1min));
  good(note_refused_proof(database, {salt, "b", noon + 1s}, noon));
  good(note_refused_proof(database, {salt, "a", noon + 2s}, noon));
  const std::vector<RefusedProof> both{{salt, "a", noon + 2s}, {salt, "b", noon + 1s}};
  CHECK(good(refused_proofs(database)) == both);
  good(note_refused_proof(database, {salt, "c", noon + 3s}, noon + 2s));
  const std::vector<RefusedProof> later{{salt, "c", noon + 3s}, both.front()};
  CHECK(good(refused_proofs(database)) == later);
  good(forget_refused_proof(database, "c"));
  good(forget_refused_proof(database, "unknown"));
  CHECK(good(refused_proofs(database)) == std::vector<RefusedProof>{both.front()});
  check_refused(note_refused_proof(database, {"", "d", noon}, noon), Fault::store, {"CHECK"});
}
