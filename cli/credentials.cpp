#include "cli/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "cli/options.h"
#include "workflows/cloud_errors.h"
#include "workflows/endpoints.h"
#include "workflows/masking.h"

namespace pawl {

namespace {

constexpr Duration iam_timeout{20'000}, metadata_timeout{2'000};
constexpr Duration lead_max = std::chrono::minutes{40};  // as the provider's SDKs have it
constexpr Duration try_again{30'000};

bool on_loopback(const std::string& url) {
  const auto endpoint = parse_endpoint(url);
  const auto* parsed = std::get_if<Endpoint>(&endpoint);
  return parsed != nullptr && is_loopback(*parsed);
}

/// The gateway quotes the canonical request in its APIGW.0301, a proxy perhaps all it got (3.3).
void mask(HttpResponse& answer, std::span<const std::string_view> secrets) {
  const auto words = succeeded(answer) ? cloud::Words::read : cloud::Words::quoted;
  cloud::mask_secrets(answer.body, secrets, words);
  cloud::mask_secrets(answer.request_id, secrets, cloud::Words::quoted);
}

/// Those that find_credentials finds, and what was fetched with them. The access key's own name
/// stands among them: whoever has it can lock the key (5.4).
std::vector<std::string_view> secrets_of(const FoundCredentials& found) {
  return {found.token, found.key.access, found.key.secret, found.key.security_token,
          found.login.password};
}

/// A token is sent as it is, a key signs; without either nothing is added.
std::vector<Header> prove(const FoundCredentials& with, const std::string& project_id,
                          const HttpRequest& request, const std::string& host, Instant wall) {
  if (!with.token.empty()) return {{"X-Auth-Token", with.token}};
  if (with.key.access.empty()) return {};
  return cloud::signed_headers(with.key, project_id, request, host, wall);
}

}  // namespace

/// What IAM and the metadata service are called with: no project, and what is said for this call.
class Credentials::Plain final : public Authorizer {
 public:
  explicit Plain(const FoundCredentials& found) : found_(found) {}

  std::vector<Header> headers(const HttpRequest& request, const std::string& host,
                              Instant wall) override {
    if (said_) return *said_;
    return prove(found_, "", request, host, wall);
  }
  void clean(HttpResponse& answer) const override { mask(answer, secrets_of(found_)); }
  /// From now on exactly these; nullopt: the proof again.
  void say(std::optional<std::vector<Header>> said) { said_ = std::move(said); }

 private:
  const FoundCredentials& found_;
  std::optional<std::vector<Header>> said_;
};

bool can_be_renewed(const FoundCredentials& found) {
  return found.kind == CredentialKind::password || found.kind == CredentialKind::metadata;
}

Credentials::Credentials(const FoundCredentials& found, const ProofTarget& target, Clock& clock,
                         GoOn go_on)
    : found_(found),
      target_(target),
      clock_(clock),
      go_on_(std::move(go_on)),
      project_id_(target.project_id) {
  if (project_id_.empty()) project_id_ = found.project_id;
}

Credentials::~Credentials() = default;

Result<std::unique_ptr<Credentials>> Credentials::open(const FoundCredentials& found,
                                                       const ProofTarget& target, Clock& clock,
                                                       GoOn go_on,
                                                       std::optional<FailedCall>* failed) {
  std::unique_ptr<Credentials> made(new Credentials(found, target, clock, std::move(go_on)));
  if (!made->any() && !on_loopback(target.endpoint)) {
    return Error{Fault::remote,
                 fmt::format("no credentials for {}: set HUAWEICLOUD_SDK_AK and "
                             "HUAWEICLOUD_SDK_SK, or HW_AUTH_TOKEN; `pawl --help` and the README "
                             "name the other sources{}{}",
                             target.endpoint, found.not_read.empty() ? "" : "; ",
                             fmt::join(found.not_read, "; "))};
  }
  const auto give_up = [&made, failed](const Error& error) {
    if (failed != nullptr) *failed = std::move(made->failed_);
    return error;
  };
  if (made->can_be_renewed()) {
    if (Outcome renewed = made->renew(); !renewed) return give_up(renewed.error());
  }
  if (made->project_id_.empty()) {
    if (Outcome looked = made->look_up_project(); !looked) return give_up(looked.error());
  }
  return made;
}

std::vector<Header> Credentials::headers(const HttpRequest& request, const std::string& host,
                                         Instant wall) {
  return prove(found_, project_id_, request, host, wall);
}

/// What is never sent to the service is taken out of its refusals alone: no field of another answer
/// is to change because it happens to be somebody's password.
void Credentials::clean(HttpResponse& answer) const {
  std::vector<std::string_view> secrets{former_, found_.token, found_.key.security_token};
  if (!succeeded(answer)) {
    const auto all = secrets_of(found_);
    secrets.insert(secrets.end(), all.begin(), all.end());
  }
  std::erase(secrets, std::string_view());
  if (!secrets.empty()) mask(answer, secrets);
}

bool Credentials::fit(const ProofTarget& target) const {
  ProofTarget ours = target_;
  if (!target.project_id.empty()) ours.project_id = project_id_;
  return ours == target;
}

/// Once; the metadata service is another place than IAM.
Outcome Credentials::connect() {
  if (client_) return Done{};
  CurlOptions options;
  const bool metadata = found_.kind == CredentialKind::metadata && found_.key.access.empty();
  if (metadata) {
    iam_ = found_.metadata_endpoint;
  } else {
    auto endpoint = iam_endpoint_of(found_, target_);
    if (!endpoint) return endpoint.error();
    iam_ = std::move(*endpoint);
  }
  options.base_url = iam_;
  options.pool = 1;
  options.direct = metadata;
  options.ca_file = target_.ca_file;
  options.user_agent = user_agent();
  options.keep_header = cloud::token_header;
  if (metadata) options.connect_timeout = metadata_timeout;
  plain_ = std::make_unique<Plain>(found_);
  auto client = CurlClient::open(std::move(options), clock_, plain_.get());
  if (!client) return Error{Fault::remote, client.error().what};
  client_ = std::move(*client);
  return Done{};
}

HttpRequest Credentials::renewal() const {
  if (found_.kind == CredentialKind::metadata) return cloud::ask_security_key();
  cloud::PasswordLogin login = found_.login;
  login.project_id = project_id_;
  login.project_name =
      found_.project_name.empty() ? region_of(found_, target_) : found_.project_name;
  return cloud::post_token(login);
}

Outcome Credentials::renew() {
  return fetch(Insist::yes);
}

Result<Completion> Credentials::ask(const HttpRequest& request, Insist insist, const Again& again) {
  if (insist == Insist::yes) return exchange_again(clock_, *client_, request, again);
  return exchange(clock_, *client_, request, again.timeout, again.go_on);
}

Outcome Credentials::fetch(Insist insist) {
  asking_ = false;
  client_.reset();
  FoundCredentials before = found_;
  found_.token.clear();
  found_.key = {};
  const auto failed = [&](Error error) {
    found_ = std::move(before);
    return error;
  };
  if (Outcome connected = connect(); !connected) return failed(connected.error());
  std::vector<Header> said;
  const bool metadata = found_.kind == CredentialKind::metadata;
  if (metadata) {
    plain_->say({{{"X-Metadata-Token-Ttl-Seconds", "21600"}}});
    // Where it only gives out keys without a token, it says so with a 404, a 405 or a 503 (4.2).
    const auto token = ask(cloud::put_metadata_token(), insist, {metadata_timeout, go_on_, 503});
    if (!token) return failed(token.error());
    const auto* response = std::get_if<HttpResponse>(&token->what);
    if (response == nullptr) return failed(refused("a key", *token));
    if (response->status == 200) said.emplace_back("X-Metadata-Token", response->body);
  }
  plain_->say(std::move(said));
  const auto answered = ask(renewal(), insist, {metadata ? metadata_timeout : iam_timeout, go_on_});
  if (!answered) return failed(answered.error());
  if (Outcome taken = take(*answered); !taken) {
    put_off_renewal(*answered);
    return failed(taken.error());
  }
  former_ = std::move(before.token.empty() ? before.key.security_token : before.token);
  return Done{};
}

/// The fresh ones out of the answer to renewal().
Outcome Credentials::take(const Completion& completion) {
  const auto* response = std::get_if<HttpResponse>(&completion.what);
  const bool metadata = found_.kind == CredentialKind::metadata;
  const std::string what = metadata ? "a key" : "a token";
  // Whatever of a key stands in a spoiled answer cannot be told from the rest: none of it is shown.
  const bool may_hold_key =
      metadata && response != nullptr && response->body.find('{') != std::string::npos;
  const auto spoiled = [&] {
    return Error{Fault::remote,
                 fmt::format("{} answered HTTP {} with something that is no usable key (not shown, "
                             "for it may hold one): look at the metadata service",
                             iam_, response->status)};
  };
  if (may_hold_key && !succeeded(*response)) return spoiled();
  if (response == nullptr || !succeeded(*response)) {
    return refused(what, completion);
  }
  if (metadata) {
    auto key = cloud::read_security_key(*response);
    if (!key) return may_hold_key ? spoiled() : unreadable(key.unreadable().text, completion);
    found_.key = std::move(key->key);
    keep_until(key->expires, *response, completion.received);
    client_.reset();  // what comes next is asked of IAM
    return Done{};
  }
  const auto token = cloud::read_token(*response);
  if (!token) return unreadable(token.unreadable().text, completion);
  if (completion.kept.empty()) return unreadable("the answer brings no token", completion);
  if (project_id_.empty()) project_id_ = token->project_id;
  if (!token->project_id.empty() && token->project_id != project_id_) {
    return unreadable(
        fmt::format("the token is for project {}, not for {}", token->project_id, project_id_),
        completion);
  }
  former_ = std::exchange(found_.token, completion.kept);
  plain_->say(std::nullopt);
  keep_until(token->expires, *response, completion.received);
  return Done{};
}

/// The end is told on the cloud's clock, and counted on ours.
void Credentials::keep_until(CloudInstant expires, const HttpResponse& response, Instant received) {
  constexpr Duration date_grain{1'000};
  const Instant there = response.date ? response.date->at + date_grain : received;
  const Duration lives = std::max(expires.at - there, Duration{0});
  ends_ = received + lives;
  due_ = received + lives - std::min(lead_max, lives / 4);
}

void Credentials::tend() {
  const Instant now = clock_.now();
  begin_renewal(now);
  end_renewal(now);
}

void Credentials::tend_and_wait() {
  begin_renewal(clock_.now());
  while (asking_)
    end_renewal(clock_.now() + iam_timeout);
}

/// Where it is time.
void Credentials::begin_renewal(Instant now) {
  if (asking_ || !due_ || now < *due_ || !can_be_renewed()) return;
  due_ = now + try_again;
  if (found_.kind == CredentialKind::metadata) {
    // On this machine, with a short time limit.
    static_cast<void>(fetch(Insist::no));
    return;
  }
  if (!connect()) return;
  plain_->say(std::vector<Header>{});
  Call call;
  call.request = renewal();
  call.timeout = iam_timeout;
  client_->start({}, call, now + iam_timeout);
  asking_ = true;
}

/// Takes the answer to begin_renewal, if it comes before `until`.
void Credentials::end_renewal(Instant until) {
  if (!asking_) return;
  std::vector<Completion> done;
  client_->wait(until, done);
  if (done.empty()) return;
  asking_ = false;
  const auto* response = std::get_if<HttpResponse>(&done.front().what);
  const bool denied = response != nullptr && response->status >= 400 && response->status < 500 &&
                      response->status != 429;
  if (take(done.front())) return;
  put_off_renewal(done.front());
  if (denied) due_.reset();  // asking again would only lock the user
}

void Credentials::put_off_renewal(const Completion& failed) {
  const auto* response = std::get_if<HttpResponse>(&failed.what);
  if (due_ && response != nullptr && response->retry_after) {
    due_ = std::max(*due_, failed.received + *response->retry_after);
  }
}

Outcome Credentials::look_up_project() {
  const std::string region = region_of(found_, target_);
  const std::string name = found_.project_name.empty() ? region : found_.project_name;
  if (name.empty() || !any()) {
    return Error{Fault::usage,
                 fmt::format("no project is named{}: set cloud.project_id in the plan, "
                             "HUAWEICLOUD_SDK_PROJECT_ID or HW_PROJECT_ID{}",
                             any() ? "" : ", and without credentials none is looked up",
                             name.empty() ? ", or a region whose project is to be looked up" : "")};
  }
  if (Outcome connected = connect(); !connected) return connected;
  plain_->say(std::nullopt);
  const auto answered = ask(cloud::ask_projects(name), Insist::yes, {iam_timeout, go_on_});
  if (!answered) return answered.error();
  const auto* response = std::get_if<HttpResponse>(&answered->what);
  if (response == nullptr || !succeeded(*response)) {
    return refused(fmt::format("the id of project {}", name), *answered);
  }
  const auto project = cloud::read_project(*response, name);
  if (!project) return unreadable(project.unreadable().text, *answered);
  if (project->empty()) {
    return Error{Fault::remote,
                 fmt::format("{} shows no project named {} (or more than one): check the region, "
                             "or set cloud.project_id; the account may never have used the region",
                             iam_, name)};
  }
  project_id_ = *project;
  return Done{};
}

Error Credentials::unreadable(std::string why, const Completion& completion) {
  cloud::mask_secrets(why, secrets_of(found_), cloud::Words::quoted);
  failed_ = FailedCall{iam_, completion, why};
  return {Fault::remote, fmt::format("{}: {}", iam_, why)};
}

Error Credentials::refused(const std::string& what, const Completion& completion) {
  failed_ = FailedCall{iam_, completion, ""};
  const auto* response = std::get_if<HttpResponse>(&completion.what);
  const std::string why = response == nullptr ? std::get<NoAnswer>(completion.what).why
                                              : cloud::describe(cloud::read_error(*response));
  const std::string until =
      response != nullptr && response->retry_after
          ? fmt::format("; it wants no call before {}",
                        format_utc(completion.received + *response->retry_after))
          : "";
  return {Fault::remote, fmt::format("{} could not be had from {}: {}{}\ncheck {}, then run again",
                                     what, iam_, why, until, found_.source)};
}

}  // namespace pawl
