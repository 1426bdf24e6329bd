#include "engine/io/curl_client.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace pawl {
namespace {

/// A wait is counted on a clock that stands still while the machine sleeps; after this long the
/// loop looks at the one that does not.
constexpr Duration longest_sleep{10'000};
/// How long calls have connections of their own after a shared one gave no answer.
constexpr Duration apart_for = std::chrono::minutes{10};

template <typename T>
void set(CURLM* multi, CURLMoption option, T value) {
  check(curl_multi_setopt(multi, option, value) == CURLM_OK, "libcurl refused a multi option");
}

/// RFC 9110, 5.6.2.
constexpr std::array<bool, 256> token_chars = [] {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        "!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_token_char(char c) {
  return token_chars[static_cast<unsigned char>(c)];
}

/// Arrives as the one header that it is.
bool is_sendable(const Header& header) {
  const auto& [name, value] = header;
  const auto has = [&value = value](char c) { return value.find(c) != std::string::npos; };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token_char) && !has('\r') &&
         !has('\n') && !has('\0');
}

}  // namespace

CurlLibrary::CurlLibrary() {
  check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl cannot be initialised");
}

CurlLibrary::~CurlLibrary() {
  curl_global_cleanup();
}

Result<std::unique_ptr<CurlClient>> CurlClient::open(CurlOptions options, Clock& clock,
                                                     Authorizer* authorizer) {
  check(options.pool > 0, "a pool of no calls");
  check(options.connect_timeout > Duration::zero(), "no time to connect");
  check(options.silence_max > Duration::zero(), "no time to answer");
  const CurlLibrary library;
  Result<Origin> origin = parse_origin(options.base_url);
  if (!origin) return origin.error();
  return std::unique_ptr<CurlClient>(
      new CurlClient(std::move(options), std::move(*origin), clock, authorizer));
}

CurlClient::CurlClient(CurlOptions options, Origin origin, Clock& clock, Authorizer* authorizer)
    : options_(std::move(options)),
      origin_(std::move(origin)),
      clock_(clock),
      authorizer_(authorizer),
      multi_(curl_multi_init()) {
  check(multi_ != nullptr, "curl_multi_init failed");
  set(multi_, CURLMOPT_SOCKETFUNCTION, &CurlClient::on_socket);
  set(multi_, CURLMOPT_SOCKETDATA, this);
  set(multi_, CURLMOPT_TIMERFUNCTION, &CurlClient::on_timer);
  set(multi_, CURLMOPT_TIMERDATA, this);
  // Twice: a call on a connection of its own must not cost the others one that they keep, with its
  // TLS handshake.
  set(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(2 * options_.pool));
}

CurlClient::~CurlClient() {
  for (const auto& transfer : transfers_)
    curl_multi_remove_handle(multi_, transfer->handle());
  transfers_.clear();
  curl_multi_cleanup(multi_);
}

std::size_t CurlClient::idle() const {
  return options_.pool - (transfers_.size() - free_.size());
}

CurlTransfer& CurlClient::free_transfer() {
  check(idle() > 0, "a call was started although none was idle");
  if (free_.empty()) {
    transfers_.push_back(std::make_unique<CurlTransfer>(options_, origin_, clock_, sockets_));
    free_.push_back(transfers_.back().get());
  }
  CurlTransfer& transfer = *free_.back();
  free_.pop_back();
  return transfer;
}

void CurlClient::start(Ticket ticket, const Call& call, Instant send_by) {
  const Instant now = clock_.now();
  if (call.repeat != Repeat::safe && now >= send_by) {
    return refuse(ticket, fmt::format("held back: the time by which to send to {} had passed",
                                      origin_.place));
  }
  std::vector<Header> proof;
  // A cloud refuses a signature whose time is too far from its own, and now() is as far ahead as
  // the wall clock ever was when something was stored.
  if (authorizer_ != nullptr) {
    proof = authorizer_->headers(call.request, origin_.host, clock_.wall());
  }
  const auto bad = std::find_if_not(proof.begin(), proof.end(), is_sendable);
  if (bad != proof.end()) {
    return refuse(ticket,
                  "held back: a line break or the like stands in the credentials' headers; mend "
                  "the credentials");
  }
  CurlTransfer& transfer = free_transfer();
  transfer.arm(ticket, call, send_by, proof, may_share(call, now));
  add(transfer);
}

bool CurlClient::may_share(const Call& call, Instant now) const {
  return origin_.scheme == Scheme::https && call.repeat == Repeat::safe && now >= shares_from_;
}

void CurlClient::add(const CurlTransfer& transfer) {
  check(curl_multi_add_handle(multi_, transfer.handle()) == CURLM_OK, "libcurl took no call");
}

void CurlClient::refuse(Ticket ticket, std::string why) {
  const Instant now = clock_.now();
  refused_.push_back({ticket, NoAnswer{Delivery::not_sent, std::move(why)}, now, now});
}

void CurlClient::watch(int descriptor) {
  watched_.push_back(descriptor);
  poller_.want(descriptor, {.readable = true});
}

void CurlClient::wait(Instant until, std::vector<Completion>& done) {
  const std::size_t before = done.size();
  bool woken = false;
  do {
    run_due_timer();
    collect(done);
    Duration longest = Duration::zero();
    if (const Instant now = clock_.now(); done.size() == before && now < until) {
      longest = until > now + longest_sleep ? longest_sleep : until - now;
    }
    woken = poll(longest);
    collect(done);
  } while (!woken && done.size() == before && clock_.now() < until);
  // Answers come in bunches; those that are here already share the turn, and its commit.
  for (std::size_t known = before; done.size() != known;) {
    known = done.size();
    poll(Duration::zero());
    collect(done);
  }
}

/// True when a watched descriptor is readable.
bool CurlClient::poll(Duration longest) {
  if (timer_) {
    const auto left = std::chrono::ceil<Duration>(*timer_ - Monotonic::now());
    longest = std::clamp(left, Duration::zero(), longest);
  }
  bool woken = false;
  for (const Ready& ready : poller_.wait(longest)) {
    if (std::find(watched_.begin(), watched_.end(), ready.descriptor) != watched_.end()) {
      woken = true;
      continue;
    }
    act(ready.descriptor, (ready.how.readable ? CURL_CSELECT_IN : 0) |
                              (ready.how.writable ? CURL_CSELECT_OUT : 0) |
                              (ready.how.broken ? CURL_CSELECT_ERR : 0));
  }
  run_due_timer();
  return woken;
}

void CurlClient::run_due_timer() {
  if (!timer_ || *timer_ > Monotonic::now()) return;
  timer_.reset();
  act(CURL_SOCKET_TIMEOUT, 0);
}

void CurlClient::act(int descriptor, int readiness) {
  int running = 0;
  check(curl_multi_socket_action(multi_, descriptor, readiness, &running) == CURLM_OK,
        "libcurl failed as a whole");
}

void CurlClient::collect(std::vector<Completion>& done) {
  std::move(refused_.begin(), refused_.end(), std::back_inserter(done));
  refused_.clear();
  std::optional<Instant> received;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    char* self = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    auto* const transfer = reinterpret_cast<CurlTransfer*>(self);
    curl_multi_remove_handle(multi_, easy);
    if (transfer->try_again()) {
      add(*transfer);
      continue;
    }
    if (!received) received = clock_.now();
    done.push_back(transfer->finish(code, *received));
    auto* const answer = std::get_if<HttpResponse>(&done.back().what);
    // libcurl keeps a connection while any call on it waits: one that went dumb would take them
    // all.
    if (answer == nullptr && transfer->shares()) shares_from_ = *received + apart_for;
    if (answer != nullptr && authorizer_ != nullptr) authorizer_->clean(*answer);
    free_.push_back(transfer);
  }
}

int CurlClient::on_socket(void* /*easy*/, int descriptor, int what, void* self,
                          void* /*unused*/) noexcept {
  auto& client = *static_cast<CurlClient*>(self);
  // A connection between two calls. libcurl closes other descriptors, a resolver's, without a word.
  if (what == CURL_POLL_REMOVE && client.sockets_.has(descriptor)) {
    client.poller_.rest(descriptor);
    return 0;
  }
  // CURL_POLL_REMOVE has neither bit.
  client.poller_.want(descriptor, {.readable = (what & CURL_POLL_IN) != 0,
                                   .writable = (what & CURL_POLL_OUT) != 0});
  return 0;
}

int CurlClient::on_timer(void* /*multi*/, long milliseconds, void* self) noexcept {
  auto& client = *static_cast<CurlClient*>(self);
  client.timer_.reset();
  if (milliseconds >= 0) client.timer_ = Monotonic::now() + Duration(milliseconds);
  return 0;
}

}  // namespace pawl
