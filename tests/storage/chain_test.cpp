#include "storage/chain.h"

#include <doctest/doctest.h>

#include <cctype>
#include <functional>
#include <set>

#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

// The expected hashes were computed by Python's hashlib after the description in chain.h.

TEST_CASE("fields are hashed as netstrings, and a hasher starts over") {
  FieldHasher hasher;
  for (int i = 0; i < 2; ++i) {
    CHECK(hasher.finish().hex() ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hasher.add("");
    hasher.add("abc");
    hasher.add(-1);
    CHECK(hasher.finish().hex() ==
          "8187b7ba0749aeb28351cb41825501e8b2ce1351b276f58925c76a1353bf928b");
  }
}

TEST_CASE("long fields and many hash as short ones and few") {
  FieldHasher hasher;
  hasher.add(std::string(16'384, 'a'));
  hasher.add("abc");
  CHECK(hasher.finish().hex() ==
        "1a506670e1645d8f9d40f9a473bc076389bd8e6cd898b0cf03597c239e5c3962");
  for (int i = 0; i < 10'000; ++i)
    hasher.add(i);
  CHECK(hasher.finish().hex() ==
        "3962c8dbfba7e6be834e7c2c751e901118f6c057214f9dea77e247e65a11d4cf");
}

TEST_CASE("the hash of an entry is the one that its description gives") {
  FieldHasher hasher;
  const Entry entry = about_run(sample_rollout(), 1, noon, "pending", "ready");
  const Digest first = entry_hash(hasher, {1, 0, {}, ""}, entry);
  CHECK(first.hex() == "4db12750abe21d6e2450cd22c11d956b4482ab6e82b8aa7734f16c5fc761f572");
  const std::string frozen(64, 'f');
  CHECK(entry_hash(hasher, {2, 1, first, frozen}, entry).hex() ==
        "b9e83c2f9eeffbd2f7d3a70ce54a6b6a69fd48c839092e2d53f7ed2aaf70f05e");
}

TEST_CASE("the digest of what a rollout was started with is the one that its description gives") {
  FieldHasher hasher;
  CHECK(frozen_hash(hasher, sample_rollout()).hex() ==
        "573832bf02dab138af09d3993a6ff380e39f868fa654e0ec80a8109eac582721");
}

TEST_CASE("one spread value gives all runs a further field, and the digest another beginning") {
  FieldHasher hasher;
  NewRollout spread = sample_rollout();
  spread.runs[1].spread = "orders";
  CHECK(frozen_hash(hasher, spread).hex() ==
        "463cbc4f97fcc6c10910d4516d171fc8891fe04058c53a26b63f29d74a93e194");
}

TEST_CASE("every field of an entry and its link changes the hash, wherever its end is put") {
  using Change = std::function<void(Entry&, Link&)>;
  FieldHasher hasher;
  const Entry plain = about_run(sample_rollout(), 1, noon, "pending", "ready");
  const std::vector<Change> changes{
      [](Entry&, Link&) {},
      [](Entry& e, Link&) { e.at += Duration{1}; },
      [](Entry& e, Link&) { e.subject = Subject::wave; },
      [](Entry& e, Link&) { e.rollout += "1"; },
      [](Entry& e, Link&) { e.wave += 1; },
      [](Entry& e, Link&) { e.run += 1; },
      [](Entry& e, Link&) { e.instance_id += "1"; },
      [](Entry& e, Link&) { e.event += "1"; },
      [](Entry& e, Link&) { e.from += "1"; },
      [](Entry& e, Link&) { e.to += "1"; },
      [](Entry& e, Link&) { e.phase += "1"; },
      [](Entry& e, Link&) { e.actor += "1"; },
      [](Entry& e, Link&) { e.attempt += 1; },
      [](Entry& e, Link&) { e.data += "1"; },
      [](Entry& e, Link&) { e.state += "1"; },
      [](Entry& e, Link&) { e.engine_version += "1"; },
      [](Entry&, Link& l) { l.seq += 1; },
      [](Entry&, Link& l) { l.prior += 1; },
      [](Entry&, Link& l) { l.prev_hash.bytes[31] = 1; },
      [](Entry&, Link& l) { l.frozen = "1"; },
      [](Entry& e, Link&) { std::swap(e.from, e.to); },
      // The same letters, divided otherwise between neighbours.
      [](Entry& e, Link&) { e.from = "pendingr", e.to = "eady"; },
      [](Entry& e, Link&) { e.from = "", e.to = "pendingready"; },
  };
  std::set<std::string> hashes;
  for (const Change& change : changes) {
    Entry entry = plain;
    Link link{5, 3, {}, ""};
    change(entry, link);
    hashes.insert(entry_hash(hasher, link, entry).hex());
  }
  CHECK(hashes.size() == changes.size());
}

TEST_CASE("a digest is read from 64 hexadecimal digits and from 32 bytes, and from nothing else") {
  std::string hex;
  for (int i = 0; i < 4; ++i)
    hex += "0123456789abcdef";
  const auto digest = Digest::from_hex(hex);
  REQUIRE(digest);
  CHECK(digest->hex() == hex);
  CHECK(Digest::from_bytes(digest->view()) == digest);
  std::string upper = hex;
  for (char& digit : upper)
    digit = static_cast<char>(std::toupper(digit));
  CHECK(Digest::from_hex(upper) == digest);
  for (const std::string& wrong :
       {std::string(), hex + "0", hex.substr(1), hex.substr(1) + "g", hex.substr(1) + " ",
        "0x" + hex.substr(2), hex.substr(1) + "\xff"})
    CHECK(!Digest::from_hex(wrong));
  for (const std::size_t size : {0U, 31U, 33U, 64U})
    CHECK(!Digest::from_bytes(std::string(size, 'a')));
  CHECK(Digest{}.hex() == std::string(64, '0'));
}

TEST_CASE("the word of every subject is read back, and no other word is one") {
  for (const Subject subject : {Subject::store, Subject::rollout, Subject::wave, Subject::run})
    CHECK(subject_from(subject_word(subject)) == subject);
  for (const char* word : {"", "Run", "runs", "store "})
    CHECK(!subject_from(word));
}
