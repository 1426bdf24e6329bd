// The calls that turn what a person holds into what a request is proven with (cloud-api 3.1, 4.2,
// 4.4): tokens and projects of IAM, keys of the metadata service. Requests and answers as values.
// A body with a password in it is never journaled.
#pragma once

#include <string>
#include <string_view>

#include "engine/http.h"
#include "engine/time.h"
#include "workflows/cloud_answer.h"
#include "workflows/signer.h"

namespace pawl::cloud {

/// In lower case: the header in which IAM hands out a token.
inline constexpr std::string_view token_header = "x-subject-token";

struct PasswordLogin {
  std::string user, password;
  std::string domain;                    ///< the account's name
  std::string project_id, project_name;  ///< the token's scope: the id where it is given
};

HttpRequest post_token(const PasswordLogin& login);

/// What the body says of the token that stands in the header.
struct IssuedToken {
  std::string project_id;  ///< empty: of no project
  CloudInstant expires;
};
Answer<IssuedToken> read_token(const HttpResponse& response);

/// The projects of that name: one per region carries the region's.
HttpRequest ask_projects(std::string_view name);
/// The id of the project that has exactly that name; empty where none, or more than one, has it.
Answer<std::string> read_project(const HttpResponse& response, std::string_view name);

/// The metadata service's second version gives out a token (its answer's body) for the next call.
HttpRequest put_metadata_token();
HttpRequest ask_security_key();

struct TemporaryKey {
  AccessKey key;
  CloudInstant expires;
};
/// Without an agency the service answers with plain text, which is unreadable.
Answer<TemporaryKey> read_security_key(const HttpResponse& response);

}  // namespace pawl::cloud
