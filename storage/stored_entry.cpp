#include "storage/stored_entry.h"

#include <fmt/core.h>

#include <optional>

#include "storage/chain.h"

namespace pawl {

namespace {

Error damaged(std::int64_t seq, const char* what) {
  return {Fault::store,
          fmt::format("entry {} of the store is damaged: {} is not what pawl writes. Bring back a "
                      "backup; `pawl audit verify` tells more.",
                      seq, what)};
}

}  // namespace

const std::string_view select_stored_entries =
    "SELECT e.seq, e.at, e.subject, e.rollout, e.wave, e.run, e.prior, e.instance_id, e.event, "
    "e.from_state, e.to_state, e.phase, e.actor, e.attempt, e.engine_version, e.frozen, "
    "e.prev_hash, e.hash, e.data, e.state, w.name FROM entries e "
    "LEFT JOIN rollouts r ON r.id = e.rollout "
    "LEFT JOIN waves w ON w.rollout = r.key AND w.position = e.wave";

Outcome read_stored_entry(const Statement& row, StoredEntry& entry) {
  entry.seq = row.integer(0);
  if (!row.has_types("iittiiittttttittbbtt")) return damaged(entry.seq, "a value of it");
  const std::optional<Subject> subject = subject_from(row.text(2));
  const std::optional<Digest> prev_hash = Digest::from_bytes(row.blob(16));
  const std::optional<Digest> hash = Digest::from_bytes(row.blob(17));
  if (!subject || !prev_hash || !hash) return damaged(entry.seq, "its subject or a hash");
  entry.entry.at = row.instant(1);
  entry.entry.subject = *subject;
  entry.entry.rollout = row.text(3);
  entry.entry.wave = row.small_integer(4);
  entry.entry.run = row.integer(5);
  entry.prior = row.integer(6);
  entry.entry.instance_id = row.text(7);
  entry.entry.event = row.text(8);
  entry.entry.from = row.text(9);
  entry.entry.to = row.text(10);
  entry.entry.phase = row.text(11);
  entry.entry.actor = row.text(12);
  entry.entry.attempt = row.small_integer(13);
  entry.entry.engine_version = row.text(14);
  entry.frozen = row.text(15);
  entry.prev_hash = prev_hash->hex();
  entry.hash = hash->hex();
  entry.entry.data = row.text(18);
  entry.entry.state = row.text(19);
  entry.wave_name = row.text(20);
  return Done{};
}

std::string hash_of(FieldHasher& hasher, const StoredEntry& entry) {
  const auto before = Digest::from_hex(entry.prev_hash);
  check(before.has_value(), "an entry that was read has the hash before it");
  return entry_hash(hasher, {entry.seq, entry.prior, *before, entry.frozen}, entry.entry).hex();
}

}  // namespace pawl
