#include "engine/digest.h"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("SHA-256 is that of FIPS 180-4 and its published examples") {
  struct Example {
    std::string bytes;
    const char* digest;
  };
  const Example examples[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmn"
       "opqrsmnopqrstnopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
      {std::string(1, '\xbd'), "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
  };
  for (const Example& example : examples) {
    CAPTURE(example.digest);
    CHECK(pawl::sha256_hex(example.bytes) == example.digest);
  }
}

TEST_CASE("a zero byte is hashed like any other") {
  CHECK(pawl::sha256_hex(std::string(4, '\0')) ==
        "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119");
}
