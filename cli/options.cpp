#include "cli/options.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "engine/version.h"
#include "storage/driver_lock.h"

namespace pawl {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string default_store() {
  if (std::string path = environment("PAWL_STORE"); !path.empty()) return path;
  if (const std::string state = environment("XDG_STATE_HOME"); !state.empty()) {
    return state + "/pawl/pawl.db";
  }
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.local/state/pawl/pawl.db";
}

std::string default_ca_file() {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "OS_CACERT"}) {
    if (std::string path = environment(name); !path.empty()) return path;
  }
  return "";
}

std::string present_actor() {
  std::string user = environment("USER");
  if (const passwd* known = getpwuid(geteuid())) user = known->pw_name;
  if (user.empty()) user = std::to_string(geteuid());
  return user + '@' + host_name();
}

std::string user_agent() {
  return "pawl/" + std::string(engine_version);
}

}  // namespace pawl
