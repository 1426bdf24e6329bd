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

TEST_CASE("HMAC-SHA256 is that of RFC 4231 and its test cases, with no key of another one left") {
  struct Example {
    std::string key, bytes;
    const char* code;
  };
  const std::string long_key(131, '\xaa');
  const Example examples[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {long_key, "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
  };
  for (int round = 0; round < 2; ++round) {
    for (const Example& example : examples) {
      CAPTURE(example.code);
      CHECK(pawl::hmac_sha256_hex(example.key, example.bytes) == example.code);
    }
  }
}
