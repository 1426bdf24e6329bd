#include "engine/io/origin.h"

#include <doctest/doctest.h>

#include "tests/engine_io/caller.h"

using pawl::parse_origin;
using pawl::test::contains;

TEST_CASE("an endpoint is scheme, host and port, and knows whether it is this machine") {
  struct Row {
    std::string text;
    const char* url;
    const char* host;
    const char* place;
    bool loopback;
  };
  for (const Row& row : {
           Row{"https://rds.example.com", "https://rds.example.com", "rds.example.com",
               "rds.example.com:443", false},
           Row{"https://RDS.Example.com/", "https://rds.example.com", "rds.example.com",
               "rds.example.com:443", false},
           Row{"https://rds.example.com:443", "https://rds.example.com", "rds.example.com",
               "rds.example.com:443", false},
           Row{"https://a.b:8443", "https://a.b:8443", "a.b:8443", "a.b:8443", false},
           Row{"http://127.0.0.1:8080/", "http://127.0.0.1:8080", "127.0.0.1:8080",
               "127.0.0.1:8080", true},
           Row{"http://127.9.9.9", "http://127.9.9.9", "127.9.9.9", "127.9.9.9:80", true},
           Row{"http://LOCALHOST", "http://localhost", "localhost", "localhost:80", true},
           Row{"http://[::1]:81", "http://[::1]:81", "[::1]:81", "[::1]:81", true},
           Row{"http://127.0.0.1.example.com", "http://127.0.0.1.example.com",
               "127.0.0.1.example.com", "127.0.0.1.example.com:80", false},
           Row{"http://localhost.example.com", "http://localhost.example.com",
               "localhost.example.com", "localhost.example.com:80", false},
           Row{"https://[2001:DB8::2]", "https://[2001:db8::2]", "[2001:db8::2]",
               "[2001:db8::2]:443", false},
       }) {
    CAPTURE(row.text);
    const auto origin = parse_origin(row.text);
    REQUIRE(origin);
    CHECK(origin->url == row.url);
    CHECK(origin->host == row.host);
    CHECK(origin->place == row.place);
    CHECK(origin->loopback == row.loopback);
    CHECK((origin->scheme == pawl::Scheme::https) == row.text.starts_with("https"));
  }
}

TEST_CASE("what is no endpoint is refused with what it should look like") {
  for (const std::string text :
       {"", "rds.example.com", "ftp://rds.example.com", "https://", "https:///", "https://a/v3",
        "https://a/?x=1", "https://a#b", "https://a:0", "https://a:70000", "https://a:x",
        "https://a b", "https://a\r\nHost: b", "https://exämple.com", "file:///etc/passwd",
        "https://a,b", "http://[::1", "http://[::1%25lo]"}) {
    CAPTURE(text);
    const auto origin = parse_origin(text);
    REQUIRE_FALSE(origin);
    CHECK(origin.error().fault == pawl::Fault::usage);
    CHECK(contains(origin.error().what, "Write it like https://rds.example.com"));
  }
}

TEST_CASE("a password in an endpoint is refused and not repeated") {
  for (const std::string text :
       {"https://user:hush@rds.example.com", "https://user@a", "hush@@://"}) {
    CAPTURE(text);
    const auto origin = parse_origin(text);
    REQUIRE_FALSE(origin);
    CHECK_FALSE(contains(origin.error().what, "hush"));
    CHECK_FALSE(contains(origin.error().what, "user:"));
  }
}
