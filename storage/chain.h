// The chain: every entry's hash covers all its columns and the hash before it, so that a later
// edit, removal or insertion shows.
//
// Anyone can recompute it. The hash is SHA-256 over the entry's fields, each written as its length
// in bytes in decimal, ':', the bytes, ',' (a netstring); numbers are written in decimal first.
// The fields, in this order:
//
//   "pawl-entry-1"  seq  prev_hash (64 hex digits, lower case)  at (milliseconds since 1970, UTC)
//   subject ("store" "rollout" "wave" "run")  rollout  wave  run  instance_id  event  from  to
//   phase  actor  attempt  data  state  engine_version  prior  frozen (64 hex digits, or empty)
//
// The first entry's prev_hash is 64 zeros. `frozen` stands in the entry that starts a rollout: the
// same kind of digest over what the rollout was started with:
//
//   "pawl-rollout-1", or "pawl-rollout-2" where any run has a spread value
//   id  plan_name  number  plan  plan_path  endpoint  project_id  workflow  started
//   count of waves, then per wave: position  name  total
//   count of runs, then per run: run  wave  instance_id  name, and in "pawl-rollout-2" its
//                                spread value, empty where it has none
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/journal.h"

struct evp_md_ctx_st;
struct evp_md_st;

namespace pawl {

/// A SHA-256 (FIPS 180-4); all zeros stands for "nothing before".
struct Digest {
  static constexpr std::size_t size = 32;
  std::array<std::uint8_t, size> bytes{};
  auto operator<=>(const Digest&) const = default;

  std::string hex() const;  ///< 64 digits, lower case
  std::string_view view() const;
  /// From 64 hex digits of either case; anything else is nullopt.
  static std::optional<Digest> from_hex(std::string_view text);
  /// From `size` raw bytes; any other length is nullopt.
  static std::optional<Digest> from_bytes(std::string_view bytes);
};

/// Digests a sequence of fields; after finish() it starts over.
class FieldHasher final {
 public:
  FieldHasher();
  FieldHasher(const FieldHasher&) = delete;
  FieldHasher& operator=(const FieldHasher&) = delete;
  ~FieldHasher();

  void add(std::string_view field);
  void add(std::integral auto number) { add_number(std::int64_t{number}); }
  void add(Instant at) { add_number(at.time_since_epoch().count()); }
  Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
    void operator()(evp_md_st* algorithm) const;
  };
  void add_number(std::int64_t number);
  void take();
  void restart();

  static constexpr std::size_t untaken_max = std::size_t{1} << 14U;
  std::string untaken_;
  std::unique_ptr<evp_md_st, Free> algorithm_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// What the store adds to an entry before it hashes it.
struct Link {
  std::int64_t seq = 0;    ///< > 0
  std::int64_t prior = 0;  ///< seq of the same subject's entry before, 0 for its first
  Digest prev_hash;
  std::string_view frozen;  ///< hex; empty but in the entry that starts a rollout
};

std::string_view subject_word(Subject subject);
std::optional<Subject> subject_from(std::string_view word);

/// The hash of `entry` at its place, as described above.
Digest entry_hash(FieldHasher& hasher, const Link& link, const Entry& entry);
/// The digest of what a rollout was started with, as described above.
Digest frozen_hash(FieldHasher& hasher, const NewRollout& created);

}  // namespace pawl
