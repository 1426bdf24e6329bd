// Who may call the stand-in: its gateway's check, and the small part of IAM and of the metadata
// service that a client needs for it (cloud-api 3.1, 4.2, 4.4).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/simulate/cloud_model.h"
#include "cli/simulate/settings.h"
#include "cli/simulate/signature.h"

namespace pawl::simulate {

class Identity final {
 public:
  explicit Identity(const Settings& settings);

  /// Why a call of the service is refused, in the gateway's words; nullopt where it is let in.
  std::optional<std::string> flaw(const RawRequest& request, CloudInstant now);

  /// The answer of IAM or of the metadata service; nullopt where the request is for neither.
  std::optional<CloudAnswer> serve(const RawRequest& request, const HttpRequest& decoded,
                                   CloudInstant now);

 private:
  std::optional<std::string> flaw_of_token(const RawRequest& request, CloudInstant now) const;
  std::optional<std::string> flaw_of_key(const RawRequest& request, CloudInstant now);
  std::string fresh_secret();
  CloudAnswer issue_token(const std::string& body, CloudInstant now);
  CloudAnswer list_projects(const RawRequest& request, const HttpRequest& decoded,
                            CloudInstant now);
  CloudAnswer issue_key(const RawRequest& request, CloudInstant now);

  Settings settings_;
  std::vector<SigningKey> keys_;
  std::map<std::string, CloudInstant, std::less<>> tokens_;  ///< with their ends
  std::string metadata_token_;
  std::uint64_t issued_ = 0, calls_ = 0;
  unsigned failures_ = 0;  ///< in a row, of any key
  std::optional<CloudInstant> locked_until_;
};

}  // namespace pawl::simulate
