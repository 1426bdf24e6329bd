#include "storage/chain.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "engine/ascii.h"
#include "engine/digest.h"

namespace pawl {

std::string Digest::hex() const {
  return hex_of(bytes);
}

std::string_view Digest::view() const {
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::optional<Digest> Digest::from_hex(std::string_view text) {
  if (text.size() != 2 * size) return std::nullopt;
  Digest digest;
  for (std::size_t i = 0; i < size; ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

std::optional<Digest> Digest::from_bytes(std::string_view bytes) {
  if (bytes.size() != size) return std::nullopt;
  Digest digest;
  for (std::size_t i = 0; i < size; ++i)
    digest.bytes[i] = static_cast<std::uint8_t>(bytes[i]);
  return digest;
}

void FieldHasher::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

void FieldHasher::Free::operator()(evp_md_st* algorithm) const {
  EVP_MD_free(algorithm);
}

FieldHasher::FieldHasher()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  check(algorithm_ != nullptr && context_ != nullptr, "libcrypto has SHA-256");
  restart();
}

FieldHasher::~FieldHasher() = default;

void FieldHasher::restart() {
  check(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1, "SHA-256 starts");
}

void FieldHasher::add(std::string_view field) {
  std::array<char, 24> length{};
  char* end = std::to_chars(length.begin(), length.end(), field.size()).ptr;
  *end++ = ':';
  untaken_.append(length.data(), end);
  untaken_.append(field);
  untaken_ += ',';
  // libcrypto takes few long pieces faster than many short ones.
  if (untaken_.size() > untaken_max) take();
}

void FieldHasher::take() {
  check(EVP_DigestUpdate(context_.get(), untaken_.data(), untaken_.size()) == 1,
        "SHA-256 takes bytes");
  untaken_.clear();
}

void FieldHasher::add_number(std::int64_t number) {
  const fmt::format_int decimal(number);
  add(std::string_view(decimal.data(), decimal.size()));
}

Digest FieldHasher::finish() {
  take();
  Digest digest;
  unsigned int length = 0;
  check(EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), &length) == 1 &&
            length == Digest::size,
        "SHA-256 ends");
  restart();
  return digest;
}

std::string_view subject_word(Subject subject) {
  switch (subject) {
    case Subject::store:
      return "store";
    case Subject::rollout:
      return "rollout";
    case Subject::wave:
      return "wave";
    case Subject::run:
      return "run";
  }
  broken_rule("a subject is one of four");
}

std::optional<Subject> subject_from(std::string_view word) {
  for (const Subject subject : {Subject::store, Subject::rollout, Subject::wave, Subject::run}) {
    if (subject_word(subject) == word) return subject;
  }
  return std::nullopt;
}

Digest entry_hash(FieldHasher& hasher, const Link& link, const Entry& entry) {
  hasher.add("pawl-entry-1");
  hasher.add(link.seq);
  hasher.add(link.prev_hash.hex());
  hasher.add(entry.at);
  hasher.add(subject_word(entry.subject));
  hasher.add(entry.rollout);
  hasher.add(entry.wave);
  hasher.add(entry.run);
  hasher.add(entry.instance_id);
  hasher.add(entry.event);
  hasher.add(entry.from);
  hasher.add(entry.to);
  hasher.add(entry.phase);
  hasher.add(entry.actor);
  hasher.add(entry.attempt);
  hasher.add(entry.data);
  hasher.add(entry.state);
  hasher.add(entry.engine_version);
  hasher.add(link.prior);
  hasher.add(link.frozen);
  return hasher.finish();
}

Digest frozen_hash(FieldHasher& hasher, const NewRollout& created) {
  const RolloutRecord& rollout = created.rollout;
  // A rollout without spread rules hashes as it did before there were any.
  const bool spread = std::any_of(created.runs.begin(), created.runs.end(),
                                  [](const RunRecord& run) { return !run.spread.empty(); });
  hasher.add(spread ? "pawl-rollout-2" : "pawl-rollout-1");
  for (const std::string* field : {&rollout.id, &rollout.plan_name})
    hasher.add(*field);
  hasher.add(rollout.number);
  for (const std::string* field : {&rollout.plan, &rollout.plan_path, &rollout.endpoint,
                                   &rollout.project_id, &rollout.workflow}) {
    hasher.add(*field);
  }
  hasher.add(rollout.started);
  hasher.add(std::ssize(created.waves));
  for (const WaveRecord& wave : created.waves) {
    hasher.add(wave.position);
    hasher.add(wave.name);
    hasher.add(wave.total);
  }
  hasher.add(std::ssize(created.runs));
  for (const RunRecord& run : created.runs) {
    hasher.add(run.run);
    hasher.add(run.wave);
    hasher.add(run.instance_id);
    hasher.add(run.name);
    if (spread) hasher.add(run.spread);
  }
  return hasher.finish();
}

}  // namespace pawl
