#include "cli/credential_sources.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "cli/proof_target.h"

namespace pawl {

namespace {

using Variables = std::map<std::string, std::string>;

Result<FoundCredentials> found_in(const Variables& variables, const Variables& files = {}) {
  return find_credentials({[&variables](const char* name) {
                             const auto at = variables.find(name);
                             return at == variables.end() ? std::string() : at->second;
                           },
                           [&files](const std::string& path) {
                             const auto at = files.find(path);
                             return Result<std::optional<std::string>>(
                                 at == files.end() ? std::nullopt : std::optional(at->second));
                           },
                           [&files](const std::string& path) { return files.contains(path); }});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const Variables profile{{"/houses/me/.huaweicloud/credentials",
                         "[basic]\nak=file-ak\nsk=file-sk\nproject_id = file-project\n"
                         "[other]\r\nak = other-ak\r\nsk = other=sk\r\n"}};

}  // namespace

TEST_CASE("the first source in the documented order wins, whatever else is set") {
  const std::vector<std::pair<Variables, std::string>> in_order{
      {{{"HUAWEICLOUD_SDK_AK", "a"}, {"HUAWEICLOUD_SDK_SK", "b"}}, "HUAWEICLOUD_SDK_AK"},
      {{{"CLOUD_SDK_AK", "a"}, {"CLOUD_SDK_SK", "b"}}, "CLOUD_SDK_AK"},
      {{{"HW_AUTH_TOKEN", "t"}}, "a token in HW_AUTH_TOKEN"},
      {{{"HW_ACCESS_KEY", "a"}, {"HW_SECRET_KEY", "b"}, {"HW_SECURITY_TOKEN", "s"}},
       "temporary, by HW_SECURITY_TOKEN"},
      {{{"HW_USER_NAME", "u"}, {"HW_USER_PASSWORD", "p"}, {"HW_DOMAIN_NAME", "d"}},
       "the user in HW_USER_NAME"},
      {{{"OS_TOKEN", "t"}}, "a token in OS_TOKEN"},
      {{{"OS_ACCESS_KEY_ID", "a"}, {"OS_SK", "b"}}, "OS_ACCESS_KEY_ID and OS_SK"},
      {{{"OS_USERNAME", "u"}, {"OS_PASSWORD", "p"}, {"OS_PROJECT_DOMAIN_NAME", "d"}},
       "OS_PROJECT_DOMAIN_NAME"},
      {{{"HOME", "/houses/me"}}, "[basic] in /houses/me/.huaweicloud/credentials"},
      {{{"PAWL_METADATA_ENDPOINT", "http://127.0.0.1:1"}}, "the metadata service"},
  };
  Variables all;
  for (auto at = in_order.rbegin(); at != in_order.rend(); ++at) {
    all.insert(at->first.begin(), at->first.end());
    const auto found = found_in(all, profile);
    REQUIRE(found);
    CAPTURE(found->source);
    CHECK(has(found->source, at->second));
  }
}

TEST_CASE("half of a pair is an error that names the other half, and no other source is taken") {
  const std::vector<std::pair<Variables, std::string>> halves{
      {{{"HUAWEICLOUD_SDK_AK", "a"}}, "HUAWEICLOUD_SDK_SK is not"},
      {{{"HW_SECRET_KEY", "a"}}, "HW_ACCESS_KEY is not"},
      {{{"OS_USERNAME", "a"}}, "OS_PASSWORD is not"},
      {{{"OS_USERNAME", "a"}, {"OS_PASSWORD", "hush"}}, "OS_DOMAIN_NAME is not"},
      {{{"HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/nowhere"}}, "does not exist"},
      {{{"HOME", "/houses/me"}, {"HW_PROFILE", "third"}}, "no section [third]; correct HW_PROFILE"},
  };
  for (const auto& row : halves) {
    auto [variables, words] = row;
    CAPTURE(row.second);
    variables.emplace("PAWL_METADATA_ENDPOINT", "http://127.0.0.1:1");
    const auto found = found_in(variables, profile);
    REQUIRE_FALSE(found);
    CHECK(found.error().fault == Fault::remote);
    CHECK(has(found.error().what, words));
    CHECK_FALSE(has(found.error().what, "hush"));
  }
}

TEST_CASE("nothing set is no credentials, and a file without our section is not asked for") {
  CHECK(found_in({})->kind == CredentialKind::none);
  CHECK(found_in({{"HOME", "/houses/me"}})->kind == CredentialKind::none);
  const Variables global{{"/houses/me/.huaweicloud/credentials", "[global]\nak=a\nsk=b\n"}};
  CHECK(found_in({{"HOME", "/houses/me"}}, global)->kind == CredentialKind::none);
}

TEST_CASE("a profile is chosen by its name, and brings its project unless the environment does") {
  const auto basic = found_in({{"HOME", "/houses/me"}}, profile);
  CHECK(basic->key.access == "file-ak");
  CHECK(basic->project_id == "file-project");
  const auto other = found_in({{"HOME", "/houses/me"}, {"HW_PROFILE", "other"}}, profile);
  CHECK(other->key.access == "other-ak");
  CHECK(other->key.secret == "other=sk");
  const auto named = found_in({{"HOME", "/houses/me"}, {"OS_PROJECT_ID", "p"}}, profile);
  CHECK(named->project_id == "p");
}

TEST_CASE("an IAM address is taken without the version that some conventions add") {
  for (const char* url : {"https://iam.example.com", "https://iam.example.com/",
                          "https://iam.example.com/v3", "https://iam.example.com/v3/"}) {
    CAPTURE(url);
    CHECK(found_in({{"OS_AUTH_URL", url}})->iam_endpoint == "https://iam.example.com");
  }
}

TEST_CASE(
    "IAM's address comes from the convention whose credentials count, never from a leftover") {
  const Variables addresses{{"HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://iam.sdk.example.com"},
                            {"HW_AUTH_URL", "https://iam.hw.example.com/v3"},
                            {"OS_AUTH_URL", "https://iam.os.example.com/v3"}};
  const Variables sdk{{"HUAWEICLOUD_SDK_AK", "a"}, {"HUAWEICLOUD_SDK_SK", "b"}};
  const Variables older{{"CLOUD_SDK_AK", "a"}, {"CLOUD_SDK_SK", "b"}};
  const Variables hw{{"HW_USER_NAME", "u"}, {"HW_USER_PASSWORD", "p"}, {"HW_DOMAIN_NAME", "d"}};
  const Variables os{{"OS_USERNAME", "u"}, {"OS_PASSWORD", "p"}, {"OS_DOMAIN_NAME", "d"}};
  const Variables file{{"HOME", "/houses/me"}};
  const Variables metadata{{"PAWL_METADATA_ENDPOINT", "http://127.0.0.1:1"}};
  struct Row {
    Variables credentials;
    std::string own;  ///< the variable that names its IAM
  };
  for (const Row& row : {Row{sdk, "HUAWEICLOUD_SDK_IAM_ENDPOINT"},
                         Row{older, "HUAWEICLOUD_SDK_IAM_ENDPOINT"}, Row{hw, "HW_AUTH_URL"},
                         Row{os, "OS_AUTH_URL"}, Row{file, "HUAWEICLOUD_SDK_IAM_ENDPOINT"}}) {
    CAPTURE(row.own);
    Variables all = row.credentials;
    all.insert(addresses.begin(), addresses.end());
    const auto found = found_in(all, profile);
    const std::string address = addresses.at(row.own);
    CHECK(found->iam_endpoint == address.substr(0, address.find("/v3")));
    CHECK(found->not_read.size() == 2);
    all.erase(row.own);
    const auto leftovers = found_in(all, profile);
    CHECK(leftovers->iam_endpoint == "");
    REQUIRE(leftovers->not_read.size() == 2);
    for (const std::string& words : leftovers->not_read)
      CHECK(has(words, "is not read, for it does not belong to the credentials that count"));
    CHECK(has(leftovers->not_read[0], "set " + row.own + " to it"));
  }
  Variables all = metadata;
  all.insert(addresses.begin(), addresses.end());
  CHECK(found_in(all)->iam_endpoint == "https://iam.sdk.example.com");
  CHECK(found_in(all)->not_read.empty());
  all = os;
  all.insert(
      {{"OS_AUTH_URL", "https://iam.example.com/v3"}, {"HW_AUTH_URL", "https://iam.example.com"}});
  CHECK(found_in(all)->not_read.empty());  // they say the same
}

TEST_CASE("the profile's own IAM counts unless the SDK's variable names one") {
  const Variables file{{"/houses/me/.huaweicloud/credentials",
                        "[basic]\nak=a\nsk=b\niam_endpoint=https://iam.file.example.com/v3\n"}};
  const std::string leftover = "https://iam.os.example.com";
  CHECK(found_in({{"HOME", "/houses/me"}, {"OS_AUTH_URL", leftover}}, file)->iam_endpoint ==
        "https://iam.file.example.com");
  CHECK(found_in({{"HOME", "/houses/me"}, {"HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://iam.x"}}, file)
            ->iam_endpoint == "https://iam.x");
}

TEST_CASE("where nothing is found, what other programs would read is named") {
  const std::string home = "/houses/me";
  struct Row {
    Variables variables, files;
    std::string words;
  };
  for (const Row& row : {
           Row{{{"OS_CLOUD", "prod"}},
               {},
               "OS_CLOUD, an entry of clouds.yaml, which pawl does not"},
           Row{{},
               {{home + "/.config/openstack/clouds.yaml", ""}},
               "~/.config/openstack/clouds.yaml"},
           Row{{}, {{home + "/.hcloud/config.json", ""}}, "KooCLI's ~/.hcloud/config.json"},
           Row{{{"HC_CONTAINER_CREDENTIALS_FULL_URI", "http://x"}}, {}, "HC_CONTAINER"},
           Row{{{"HUAWEICLOUD_SDK_IDP_ID", "x"}}, {}, "found HUAWEICLOUD_SDK_IDP_ID"},
           Row{{{"HW_SHARED_CONFIG_FILE", "x"}}, {}, "found HW_SHARED_CONFIG_FILE"},
           Row{{},
               {{home + "/.huaweicloud/credentials", "[default]\nak=a\nsk=b\n"}},
               "no section [basic]"},
       }) {
    CAPTURE(row.words);
    Variables variables = row.variables;
    variables.emplace("HOME", home);
    const auto nothing = found_in(variables, row.files);
    CHECK(nothing->kind == CredentialKind::none);
    REQUIRE(nothing->not_read.size() == 1);
    CHECK(has(nothing->not_read[0], row.words));
    variables.emplace("HW_AUTH_TOKEN", "t");
    CHECK(found_in(variables, row.files)->not_read.empty());
  }
  CHECK(found_in({{"HOME", home}})->not_read.empty());
}

TEST_CASE("the SDK's older name of the project is read too") {
  CHECK(found_in({{"CLOUD_SDK_PROJECT_ID", "p"}, {"HW_PROJECT_ID", "q"}})->project_id == "p");
}

TEST_CASE("an IAM endpoint that is none is told with where it stands") {
  const std::string path = "/houses/me/.huaweicloud/credentials";
  for (const auto& [wrong, word] :
       {std::pair{"nowhere", "must"}, {"http://iam.example.com", "plain"}}) {
    const auto message_of = [](const Result<FoundCredentials>& found) {
      REQUIRE(found);
      const auto endpoint = iam_endpoint_of(*found, {"https://rds.example.com", "", "", ""});
      REQUIRE_FALSE(endpoint);
      return endpoint.error().what;
    };
    const std::string named =
        message_of(found_in({{"HW_AUTH_TOKEN", "t"}, {"HW_AUTH_URL", wrong}}));
    CHECK(named.find("HW_AUTH_URL") != std::string::npos);
    CHECK(named.find(word) != std::string::npos);
    const std::string file = fmt::format("[basic]\nak=a\nsk=s\niam_endpoint={}\n", wrong);
    CHECK(message_of(found_in({{"HOME", "/houses/me"}}, {{path, file}})).find(path) !=
          std::string::npos);
  }
}

}  // namespace pawl
