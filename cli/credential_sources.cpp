#include "cli/credential_sources.h"

#include <fmt/core.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/ascii.h"

namespace pawl {

namespace {

using Names = std::vector<const char*>;

/// One convention's names, the first that is set of each counts.
struct Family {
  Names tokens, access, secret, security, user, password, domain, iam;
};

// The SDK's, whose file is read too, comes first.
const std::array<Family, 4> families{{
    {{},
     {"HUAWEICLOUD_SDK_AK"},
     {"HUAWEICLOUD_SDK_SK"},
     {"HUAWEICLOUD_SDK_SECURITY_TOKEN"},
     {},
     {},
     {},
     {"HUAWEICLOUD_SDK_IAM_ENDPOINT"}},
    {{}, {"CLOUD_SDK_AK"}, {"CLOUD_SDK_SK"}, {}, {}, {}, {}, {"HUAWEICLOUD_SDK_IAM_ENDPOINT"}},
    {{"HW_AUTH_TOKEN"},
     {"HW_ACCESS_KEY"},
     {"HW_SECRET_KEY"},
     {"HW_SECURITY_TOKEN"},
     {"HW_USER_NAME"},
     {"HW_USER_PASSWORD"},
     {"HW_DOMAIN_NAME"},
     {"HW_AUTH_URL"}},
    {{"OS_AUTH_TOKEN", "OS_TOKEN"},
     {"OS_ACCESS_KEY", "OS_ACCESS_KEY_ID", "OS_AK"},
     {"OS_SECRET_KEY", "OS_SK"},
     {"OS_SECURITY_TOKEN"},
     {"OS_USERNAME"},
     {"OS_PASSWORD"},
     {"OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME"},
     {"OS_AUTH_URL"}},
}};

const Names project_ids{"HUAWEICLOUD_SDK_PROJECT_ID", "CLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID",
                        "OS_PROJECT_ID", "OS_TENANT_ID"};
const Names project_names{"HW_PROJECT_NAME", "OS_PROJECT_NAME", "OS_TENANT_NAME"};
const Names regions{"HW_REGION_NAME", "OS_REGION_NAME", "OS_REGION"};
const Names iam_endpoints{"HUAWEICLOUD_SDK_IAM_ENDPOINT", "HW_AUTH_URL", "OS_AUTH_URL"};
constexpr const char* webhook_secret = "PAWL_WEBHOOK_SECRET";
constexpr std::size_t file_bytes_max = 1U << 16U;

void take_away(const char* name) {
  if (char* value = std::getenv(name)) ::explicit_bzero(value, ::strlen(value));
  ::unsetenv(name);
}

struct Value {
  std::string name, text;  ///< both empty where none of the names is set
};

Value first_set(const Surroundings& around, const Names& names) {
  for (const char* name : names) {
    if (std::string text = around.variable(name); !text.empty()) return {name, std::move(text)};
  }
  return {};
}

Error incomplete(const std::string& set, std::string_view missing) {
  return {Fault::remote, fmt::format("{} is set, but {} is not; set both, or neither to go by "
                                     "another source",
                                     set, missing)};
}

/// Whether this family names credentials; what it names goes into `found`.
Result<bool> read_family(const Surroundings& around, const Family& family,
                         FoundCredentials& found) {
  if (Value token = first_set(around, family.tokens); !token.text.empty()) {
    found.kind = CredentialKind::token;
    found.source = fmt::format("a token in {}", token.name);
    found.token = std::move(token.text);
    return true;
  }
  Value access = first_set(around, family.access), secret = first_set(around, family.secret);
  if (!access.text.empty() || !secret.text.empty()) {
    if (secret.text.empty()) return incomplete(access.name, family.secret.front());
    if (access.text.empty()) return incomplete(secret.name, family.access.front());
    Value security = first_set(around, family.security);
    found.kind = CredentialKind::key;
    found.source = fmt::format("an access key in {} and {}{}", access.name, secret.name,
                               security.text.empty() ? "" : ", temporary, by " + security.name);
    found.key = {std::move(access.text), std::move(secret.text), std::move(security.text)};
    return true;
  }
  Value user = first_set(around, family.user), password = first_set(around, family.password);
  if (user.text.empty() && password.text.empty()) return false;
  if (password.text.empty()) return incomplete(user.name, family.password.front());
  if (user.text.empty()) return incomplete(password.name, family.user.front());
  Value domain = first_set(around, family.domain);
  if (domain.text.empty()) return incomplete(user.name, family.domain.front());
  found.kind = CredentialKind::password;
  found.source = fmt::format("the user in {}, {} and {}", user.name, password.name, domain.name);
  found.login.user = std::move(user.text);
  found.login.password = std::move(password.text);
  found.login.domain = std::move(domain.text);
  return true;
}

using Section = std::map<std::string, std::string, std::less<>>;

/// The section of an INI file; none where it has no such section.
std::optional<Section> read_section(std::string_view text, std::string_view wanted) {
  std::optional<Section> section;
  bool inside = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('[') && line.ends_with(']')) {
      inside = trim(line.substr(1, line.size() - 2)) == wanted;
      if (inside && !section) section.emplace();
      continue;
    }
    const std::size_t sign = line.find('=');
    if (!inside || line.starts_with('#') || line.starts_with(';') || sign == line.npos) continue;
    section->insert_or_assign(std::string(trim(line.substr(0, sign))),
                              std::string(trim(line.substr(sign + 1))));
  }
  return section;
}

/// OS_AUTH_URL names the version too, which every call brings itself.
std::string without_version(std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  if (url.ends_with("/v3")) url.resize(url.size() - 3);
  return url;
}

/// The file's name, and whether somebody asked for it.
struct FileNamed {
  std::string path;
  bool asked = false;
};

FileNamed credentials_file(const Surroundings& around) {
  if (std::string path = around.variable("HUAWEICLOUD_SDK_CREDENTIALS_FILE"); !path.empty()) {
    return {std::move(path), true};
  }
  const std::string home = around.variable("HOME");
  return {home.empty() ? "" : home + "/.huaweicloud/credentials", false};
}

/// Whether the file names credentials; what it names goes into `found`.
Result<bool> read_profile(const Surroundings& around, FoundCredentials& found) {
  const FileNamed file = credentials_file(around);
  if (file.path.empty()) return false;
  const auto refuse = [&file](const std::string& why) {
    return Error{Fault::remote, fmt::format("the credentials file {} {}", file.path, why)};
  };
  const auto bytes = around.file(file.path);
  if (!bytes) return bytes.error();
  if (!*bytes) {
    if (!file.asked) return false;
    return refuse("does not exist; mend HUAWEICLOUD_SDK_CREDENTIALS_FILE or unset it");
  }
  std::string profile = around.variable("HW_PROFILE");
  const bool named = !profile.empty();
  if (!named) profile = "basic";
  const auto section = read_section(**bytes, profile);
  if (!section && !named && !file.asked) return false;
  if (!section) {
    return refuse(fmt::format(
        "has no section [{}]; {}", profile,
        named ? "correct HW_PROFILE, or add the section" : "name another one in HW_PROFILE"));
  }
  const auto value = [&section](std::string_view key) {
    const auto at = section->find(key);
    return at == section->end() ? std::string() : at->second;
  };
  found.key = {value("ak"), value("sk"), value("security_token")};
  if (found.key.access.empty() || found.key.secret.empty()) {
    return refuse(fmt::format("has no `{}` in its section [{}]; pawl reads `ak` and `sk`",
                              found.key.access.empty() ? "ak" : "sk", profile));
  }
  found.kind = CredentialKind::key;
  found.source = fmt::format("the access key of [{}] in {}", profile, file.path);
  if (found.project_id.empty()) found.project_id = value("project_id");
  found.iam_endpoint = without_version(value("iam_endpoint"));
  found.iam_from = fmt::format("`iam_endpoint` of [{}] in {}", profile, file.path);
  return true;
}

/// IAM's address, where the environment names one in `own`; one in another name is not read.
void choose_iam(const Surroundings& around, const Names& own, FoundCredentials& found) {
  if (Value value = first_set(around, own); !value.text.empty()) {
    found.iam_endpoint = without_version(std::move(value.text));
    found.iam_from = std::move(value.name);
  }
  for (const char* name : iam_endpoints) {
    const std::string other = without_version(around.variable(name));
    const bool reads = std::find(own.begin(), own.end(), std::string_view(name)) != own.end();
    if (other.empty() || reads || other == found.iam_endpoint) continue;
    found.not_read.push_back(fmt::format(
        "{} is not read, for it does not belong to the credentials that count; if it names their "
        "IAM, set {} to it",
        name, own.front()));
  }
}

/// Credentials that other programs would find, where pawl has found none.
void note_unread(const Surroundings& around, FoundCredentials& found) {
  const auto note = [&found](const std::string& what, std::string_view instead) {
    found.not_read.push_back(
        fmt::format("found {}, which pawl does not read; set {} instead", what, instead));
  };
  constexpr std::string_view key = "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK";
  constexpr std::string_view openstack =
      "OS_USERNAME, OS_PASSWORD and OS_USER_DOMAIN_NAME, or OS_ACCESS_KEY and OS_SECRET_KEY,";
  const std::string home = around.variable("HOME");
  const auto in_home = [&](const char* path) {
    return !home.empty() && around.exists(home + path);
  };
  if (!around.variable("OS_CLOUD").empty()) {
    note("OS_CLOUD, an entry of clouds.yaml", openstack);
  } else if (in_home("/.config/openstack/clouds.yaml")) {
    note("~/.config/openstack/clouds.yaml", openstack);
  }
  if (in_home("/.hcloud/config.json")) note("KooCLI's ~/.hcloud/config.json", key);
  if (!around.variable("HW_SHARED_CONFIG_FILE").empty()) {
    note("HW_SHARED_CONFIG_FILE", "HW_ACCESS_KEY and HW_SECRET_KEY");
  }
  for (const char* name : {"HC_CONTAINER_CREDENTIALS_FULL_URI", "HUAWEICLOUD_SDK_IDP_ID"}) {
    if (!around.variable(name).empty()) note(name, key);
  }
  if (in_home("/.huaweicloud/credentials")) {
    found.not_read.emplace_back(
        "found ~/.huaweicloud/credentials, but no section [basic] in it; name its section in "
        "HW_PROFILE");
  }
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Result<std::optional<std::string>> read_credentials_file(const std::string& path) {
  const auto unreadable = [&path](int why) {
    return Error{Fault::remote, fmt::format("the credentials file {} cannot be read: {}", path,
                                            std::strerror(why))};
  };
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
  if (!file) return unreadable(errno);
  std::string bytes(file_bytes_max, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get()) != 0) return unreadable(errno);
  return std::optional(std::move(bytes));
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Surroundings real_surroundings() {
  return {variable, read_credentials_file,
          [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }};
}

Result<FoundCredentials> find_credentials(const Surroundings& around) {
  FoundCredentials found;
  Value project = first_set(around, project_ids);
  found.project_id = std::move(project.text);
  found.project_from = std::move(project.name);
  found.project_name = first_set(around, project_names).text;
  found.region = first_set(around, regions).text;
  found.metadata_endpoint = around.variable("PAWL_METADATA_ENDPOINT");
  for (const Family& family : families) {
    const auto read = read_family(around, family, found);
    if (!read) return read.error();
    if (!*read) continue;
    choose_iam(around, family.iam, found);
    return found;
  }
  const auto read = read_profile(around, found);
  if (!read) return read.error();
  if (!*read && !found.metadata_endpoint.empty()) {
    found.kind = CredentialKind::metadata;
    found.source = "the metadata service in PAWL_METADATA_ENDPOINT";
  }
  choose_iam(around, *read ? families.front().iam : iam_endpoints, found);
  if (found.kind == CredentialKind::none) note_unread(around, found);
  return found;
}

std::string project_from_environment() {
  return first_set(real_surroundings(), project_ids).text;
}

std::string take_webhook_secret() {
  std::string secret = real_surroundings().variable(webhook_secret);
  take_away(webhook_secret);
  return secret;
}

std::vector<std::string> secret_variables() {
  std::vector<std::string> all{webhook_secret};
  for (const Family& family : families) {
    for (const Names* names :
         {&family.tokens, &family.access, &family.secret, &family.security, &family.password}) {
      all.insert(all.end(), names->begin(), names->end());
    }
  }
  return all;
}

void guard_secrets() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // a limit does not hold for dumps into a pipe
  for (const std::string& name : secret_variables())
    take_away(name.c_str());
}

}  // namespace pawl
