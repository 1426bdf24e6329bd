#include "cli/refusals.h"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>

#include "storage/refused_proofs.h"
#include "storage/schema.h"
#include "tests/support/directory.h"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

constexpr Instant noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

FoundCredentials key_of(const std::string& access, const std::string& secret) {
  FoundCredentials found;
  found.kind = CredentialKind::key;
  found.source = "an access key in HW_ACCESS_KEY and HW_SECRET_KEY";
  found.key = {access, secret, ""};
  return found;
}

FoundCredentials token_of(const std::string& token) {
  FoundCredentials found;
  found.kind = CredentialKind::token;
  found.token = token;
  return found;
}

FoundCredentials user_of(const std::string& user, const std::string& password) {
  FoundCredentials found;
  found.kind = CredentialKind::password;
  found.login.user = user;
  found.login.password = password;
  found.login.domain = "account";
  return found;
}

/// An empty store in a file of its own.
class Stored {
 public:
  Stored() {
    REQUIRE(std::ofstream(path_).good());  // a database takes an empty file
    auto opened = Database::open(path_, Access::write);
    REQUIRE(opened);
    database_ = std::move(*opened);
    REQUIRE(migrate(*database_, migrations()));
  }

  Database& operator*() { return *database_; }
  bool may(const FoundCredentials& found, Instant now) {
    return bool(may_be_tried(*database_, found, now));
  }
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  const test::Directory folder_;
  const std::string path_ = folder_.path() + "/store.db";
  std::unique_ptr<Database> database_;
};

}  // namespace

TEST_CASE("refused credentials are left alone for five minutes, and others are not") {
  Stored store;
  const auto key = key_of("ACCESS", "secret");
  CHECK(store.may(key, noon));
  REQUIRE(note_refusal(*store, key, noon));
  CHECK_FALSE(store.may(key, noon));
  CHECK_FALSE(store.may(key, noon + 5min - 1ms));
  CHECK(store.may(key, noon + 5min));
  CHECK(store.may(key_of("OTHER", "secret"), noon));
  CHECK(store.may(key_of("ACCESS", "mended"), noon));
  CHECK(store.may(token_of("secret"), noon));
  CHECK(store.may(FoundCredentials{}, noon));

  REQUIRE(note_refusal(*store, key, noon + 6min));
  CHECK_FALSE(store.may(key, noon + 10min));
  REQUIRE(note_refusal(*store, token_of("t"), noon + 7min));
  CHECK_FALSE(store.may(key, noon + 10min));
  CHECK_FALSE(store.may(token_of("t"), noon + 10min));
  const auto kept = refused_proofs(*store);
  REQUIRE(kept);
  CHECK(kept->size() == 2);
}

TEST_CASE("a refused user is the same with another password, for guesses would lock it") {
  Stored store;
  REQUIRE(note_refusal(*store, user_of("me", "wrong"), noon));
  CHECK_FALSE(store.may(user_of("me", "right"), noon + 1min));
  CHECK(store.may(user_of("you", "right"), noon + 1min));
}

TEST_CASE("who is held back is told since when, until when, and what to do") {
  Stored store;
  const auto key = key_of("ACCESS", "secret");
  REQUIRE(note_refusal(*store, key, noon));
  const Outcome may = may_be_tried(*store, key, noon + 1min);
  REQUIRE_FALSE(may);
  CHECK(may.error().fault == Fault::refused);
  for (const char* word : {"HW_ACCESS_KEY", "at 2026-11-22T12:00:00.000Z",
                           "next try is at 2026-11-22T12:05:00.000Z", "pawl doctor"}) {
    CAPTURE(word);
    CHECK(may.error().what.find(word) != std::string::npos);
  }
}

TEST_CASE("what turns out to work is forgotten, and a clock that was wrong holds nobody") {
  Stored store;
  const auto key = key_of("ACCESS", "secret"), other = key_of("OTHER", "secret");
  REQUIRE(note_refusal(*store, key, noon));
  REQUIRE(note_refusal(*store, other, noon));
  REQUIRE(forget_refusal(*store, key));
  REQUIRE(forget_refusal(*store, key_of("unknown", "x")));
  CHECK(store.may(key, noon));
  CHECK_FALSE(store.may(other, noon));
  CHECK(store.may(other, noon - 24h));
}

TEST_CASE("a digest tells credentials apart by a salt, and the store holds nothing else of them") {
  const std::string secret = "SECRETSECRETSECRET", access = "ACCESSACCESSACCESS";
  const auto key = key_of(access, secret);
  CHECK(proof_digest(key, "a") == proof_digest(key, "a"));
  CHECK(proof_digest(key, "a") != proof_digest(key, "b"));
  CHECK(proof_digest(FoundCredentials{}, "a").empty());
  auto temporary = key;
  temporary.key.security_token = "t";
  CHECK(proof_digest(temporary, "a") != proof_digest(key, "a"));
  Stored one, two;
  for (const auto& found : {key, token_of(secret), user_of(access, secret)}) {
    REQUIRE(note_refusal(*one, found, noon));
    REQUIRE(note_refusal(*two, found, noon));
  }
  CHECK(one.bytes().find(secret) == std::string::npos);
  CHECK(one.bytes().find(access) == std::string::npos);
  const auto first = refused_proofs(*one), second = refused_proofs(*two);
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(first->size() == 3);
  for (const RefusedProof& a : *first) {
    for (const RefusedProof& b : *second)
      CHECK(a.digest != b.digest);  // no store's digests can be looked up in another's
  }
}
