#include "engine/io/curl_transfer.h"

#include <curl/curl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "engine/io/curl_failure.h"
#include "engine/request_target.h"
#include "engine/result.h"

namespace pawl {
namespace {

template <typename T>
void set(CURL* handle, CURLoption option, T value) {
  check(curl_easy_setopt(handle, option, value) == CURLE_OK, "libcurl refused an option");
}

long to_milliseconds(Duration d) {
  return static_cast<long>(
      std::clamp<Duration::rep>(d.count(), 1, std::numeric_limits<int>::max()));
}

curl_slist* append(curl_slist* list, const char* line) {
  curl_slist* longer = curl_slist_append(list, line);
  check(longer != nullptr, "out of memory for headers");
  return longer;
}

constexpr std::string_view content_type = "Content-Type";

bool is_content_type(const Header& header) {
  return header.first.size() == content_type.size() &&
         curl_strequal(header.first.c_str(), content_type.data()) != 0;
}

constexpr const char* json_content = "Content-Type: application/json";
/// libcurl would wait a second for the leave to send a larger body; an empty value forbids it.
constexpr const char* expect_nothing = "Expect:";

std::string size_words(std::size_t bytes) {
  constexpr std::size_t mebibyte = 1U << 20U;
  if (bytes % mebibyte == 0) return fmt::format("{} MiB", bytes / mebibyte);
  return fmt::format("{} bytes", bytes);
}

}  // namespace

CurlTransfer::CurlTransfer(const CurlOptions& options, const Origin& origin, Clock& clock,
                           OpenSockets& sockets)
    : options_(options),
      origin_(origin),
      clock_(clock),
      sockets_(sockets),
      handle_(curl_easy_init()),
      url_(curl_url()),
      agent_("User-Agent: " + options.user_agent),
      plain_headers_(append(append(append(nullptr, expect_nothing), agent_.c_str()), json_content)),
      answer_(options.response_bytes_max, options.keep_header) {
  static_assert(sizeof complaint_ >= CURL_ERROR_SIZE);
  check(handle_ != nullptr, "curl_easy_init failed");
  set_constants(options, origin);
}

CurlTransfer::~CurlTransfer() {
  curl_easy_cleanup(handle_);
  curl_url_cleanup(url_);
  drop_headers();
  curl_slist_free_all(plain_headers_);
}

void CurlTransfer::set_constants(const CurlOptions& options, const Origin& origin) {
  set(handle_, CURLOPT_PRIVATE, this);
  set(handle_, CURLOPT_ERRORBUFFER, complaint_.data());
  set(handle_, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  set(handle_, CURLOPT_HEADERDATA, this);
  set(handle_, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
  set(handle_, CURLOPT_WRITEDATA, this);
  set(handle_, CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_open);
  set(handle_, CURLOPT_OPENSOCKETDATA, this);
  set(handle_, CURLOPT_CLOSESOCKETFUNCTION, &CurlTransfer::on_close);
  set(handle_, CURLOPT_CLOSESOCKETDATA, &sockets_);
  set(handle_, CURLOPT_PREREQFUNCTION, &CurlTransfer::on_connected);
  set(handle_, CURLOPT_PREREQDATA, this);

  set(handle_, CURLOPT_NOSIGNAL, 1L);
  // A resolver that hangs is left to its thread instead of being waited for.
  set(handle_, CURLOPT_QUICK_EXIT, 1L);
  set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle_, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle_, CURLOPT_PATH_AS_IS, 1L);
  set(handle_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(handle_, CURLOPT_LOW_SPEED_TIME,
      static_cast<long>(std::chrono::ceil<std::chrono::seconds>(options.silence_max).count()));
  set(handle_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!names_whole_url()) {
    // Taken apart once, as parse_origin has read it: libcurl would do it at every call.
    check(url_ != nullptr &&
              curl_url_set(url_, CURLUPART_URL, (origin.url + "/").c_str(), 0) == CURLUE_OK,
          "libcurl cannot read an origin");
    set(handle_, CURLOPT_CURLU, url_);
  }
  if (origin.loopback || options.direct) {
    set(handle_, CURLOPT_NOPROXY, "*");
  } else {
    // For the proxy alone, that it hears of no header of the call's.
    set(handle_, CURLOPT_USERAGENT, options.user_agent.c_str());
  }

  set(handle_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle_, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle_, CURLOPT_SSL_VERIFYPEER, 1L);
  set(handle_, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) set(handle_, CURLOPT_CAINFO, options.ca_file.c_str());
}

void CurlTransfer::set_connection(bool fresh, bool last_use) {
  set(handle_, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  set(handle_, CURLOPT_FORBID_REUSE, last_use ? 1L : 0L);
}

void CurlTransfer::arm(Ticket ticket, const Call& call, Instant send_by,
                       const std::vector<Header>& proof, bool shares) {
  check(call.timeout > Duration::zero(), "a call without a timeout");
  ticket_ = ticket;
  send_by_ = send_by;
  sent_ = clock_.now();
  timeout_ = call.timeout;
  sending_ = Sending::kept;
  complaint_.front() = '\0';
  answer_.clear();
  repeat_ = call.repeat;
  // libcurl 7.88 sends any request again, a POST too, when a reused connection ends before the
  // first byte of the answer. On a fresh one it cannot happen, nor is there then a doubt because of
  // what came before; on a reused one on_connected() stops it.
  const bool alone = repeat_ == Repeat::never;
  set_connection(alone, alone);
  // So it does with a stream that an HTTP/2 server refuses.
  check(!shares || repeat_ == Repeat::safe, "only what is safe to repeat shares a connection");
  shares_ = shares;
  const long version = shares ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
  set(handle_, CURLOPT_HTTP_VERSION, version);
  set_request(call);
  set_headers(call.request.method, proof);
}

/// A proxy, if there is one, wants it in the request line.
bool CurlTransfer::names_whole_url() const {
  return origin_.scheme == Scheme::http && !origin_.loopback;
}

void CurlTransfer::set_request(const Call& call) {
  std::string target;
  append_target(call.request, target);
  if (names_whole_url()) {
    set(handle_, CURLOPT_URL, (origin_.url + target).c_str());
  } else {
    // As it is, to the byte: libcurl would take a URL apart and put it together again.
    set(handle_, CURLOPT_REQUEST_TARGET, target.c_str());
  }
  set(handle_, CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
  switch (call.request.method) {
    case Method::get:
      check(call.request.body.empty(), "a GET with a body");
      set(handle_, CURLOPT_HTTPGET, 1L);
      break;
    case Method::post:
    case Method::put:
      body_ = call.request.body;
      set(handle_, CURLOPT_POST, 1L);
      if (call.request.method == Method::put) set(handle_, CURLOPT_CUSTOMREQUEST, "PUT");
      set(handle_, CURLOPT_POSTFIELDS, body_.c_str());
      set(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
      break;
  }
  set(handle_, CURLOPT_TIMEOUT_MS, to_milliseconds(call.timeout));
  set(handle_, CURLOPT_CONNECTTIMEOUT_MS,
      to_milliseconds(std::min(call.timeout, options_.connect_timeout)));
}

void CurlTransfer::set_headers(Method method, const std::vector<Header>& proof) {
  drop_headers();
  if (!proof.empty()) {
    // A GET has no body to hold back, and libcurl goes through all headers again and again.
    if (method != Method::get) headers_ = append(headers_, expect_nothing);
    headers_ = append(headers_, agent_.c_str());
    if (std::none_of(proof.begin(), proof.end(), is_content_type)) {
      headers_ = append(headers_, json_content);
    }
    std::string line;
    constexpr std::size_t usual_line = 256;
    line.reserve(usual_line);
    for (const auto& [name, value] : proof) {
      // To libcurl "Name:" forbids a header and "Name;" is one without a value.
      line.assign(name).append(value.empty() ? ";" : ": ").append(value);
      headers_ = append(headers_, line.c_str());
    }
  }
  set(handle_, CURLOPT_HTTPHEADER, headers_ != nullptr ? headers_ : plain_headers_);
}

void CurlTransfer::drop_headers() {
  curl_slist_free_all(headers_);
  headers_ = nullptr;
}

bool CurlTransfer::try_again() {
  if (sending_ != Sending::spoiled) return false;
  sending_ = Sending::kept;
  complaint_.front() = '\0';
  set_connection(true, false);
  return true;
}

Completion CurlTransfer::finish(int code, Instant received) {
  Completion completion{ticket_, NoAnswer{}, sent_, received};
  long status = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  constexpr long status_min = 200;
  if (code == CURLE_OK && (status < status_min || !answer_.has_head())) code = CURLE_PARTIAL_FILE;
  if (code == CURLE_OK) {
    completion.kept = answer_.kept();
    completion.what = answer_.finish(static_cast<int>(status), received);
  } else {
    completion.what = no_answer(code);
    answer_.clear();
  }
  std::string().swap(body_);
  if (headers_ != nullptr) {
    set(handle_, CURLOPT_HTTPHEADER, plain_headers_);
    drop_headers();
  }
  return completion;
}

NoAnswer CurlTransfer::no_answer(int code) const {
  if (sending_ == Sending::held_back) {
    return {Delivery::not_sent, fmt::format("held back: the connection to {} was ready only after "
                                            "the time by which to send",
                                            origin_.place)};
  }
  if (answer_.too_large()) {
    return {Delivery::unknown, fmt::format("the answer of {} is larger than {}", origin_.place,
                                           size_words(options_.response_bytes_max))};
  }
  if (answer_.contradictory()) {
    return {Delivery::unknown,
            fmt::format("the answer of {} has two different lengths", origin_.place)};
  }
  long system_error = 0;
  curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &system_error);
  const bool let_go = sending_ == Sending::let_go;
  // The connection ended under it, and libcurl was kept from sending it again.
  if (let_go && code == CURLE_ABORTED_BY_CALLBACK) code = CURLE_GOT_NOTHING;
  const CurlFailure failure{code, system_error, complaint_.data(), let_go, timeout_};
  return {let_go ? Delivery::unknown : Delivery::not_sent, describe(failure, origin_)};
}

std::size_t CurlTransfer::on_header(char* data, std::size_t, std::size_t size,
                                    void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  return transfer.answer_.take_header({data, size}) ? size : 0;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  return transfer.answer_.take_body({data, size}) ? size : 0;
}

int CurlTransfer::on_open(void* self, int /*purpose*/, curl_sockaddr* address) noexcept {
  const auto& transfer = *static_cast<const CurlTransfer*>(self);
  // libcurl 7.88 lets its sockets through an exec; a hook must not hold a connection open.
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  // The number may be that of a socket which libcurl 7.88 closed without a word, for it had never
  // connected. Whatever is known of it is over.
  transfer.sockets_.closed(socket);
  // The kernel goes on sending after the descriptor is closed; it gives up with the call.
  const auto limit = static_cast<unsigned>(to_milliseconds(transfer.timeout_));
  if (::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit) != 0) {
    ::close(socket);
    return CURL_SOCKET_BAD;
  }
  if (transfer.repeat_ != Repeat::never) transfer.sockets_.opened(socket);
  return socket;
}

int CurlTransfer::on_close(void* sockets, int socket) noexcept {
  static_cast<OpenSockets*>(sockets)->closed(socket);
  return ::close(socket);
}

int CurlTransfer::on_connected(void* self, char*, char*, int, int local_port) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (transfer.sending_ == Sending::let_go && transfer.repeat_ != Repeat::safe) {
    // libcurl is about to send it again.
    return CURL_PREREQFUNC_ABORT;
  }
  if (transfer.is_spoiled(local_port)) {
    transfer.sending_ = Sending::spoiled;
    // libcurl would keep the connection for the next call.
    transfer.set_connection(false, true);
    return CURL_PREREQFUNC_ABORT;
  }
  const Instant now = transfer.clock_.now();
  if (transfer.repeat_ != Repeat::safe && now >= transfer.send_by_) {
    transfer.sending_ = Sending::held_back;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.sent_ = now;
  transfer.sending_ = Sending::let_go;
  return CURL_PREREQFUNC_OK;
}

bool CurlTransfer::is_spoiled(int local_port) {
  long opened = 0;
  curl_easy_getinfo(handle_, CURLINFO_NUM_CONNECTS, &opened);
  if (opened != 0) return false;
  const auto* const tls = static_cast<const SSL*>(tls_session());
  if (tls == nullptr) return sockets_.has_unread(local_port);
  if (shares_ && multiplexes(tls)) return false;
  // What OpenSSL has taken in and nobody has read does not show at the socket any more.
  return SSL_pending(tls) > 0 || sockets_.has_unread(local_port);
}

/// OpenSSL's, of a connection over TLS.
const void* CurlTransfer::tls_session() const {
  const curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(handle_, CURLINFO_TLS_SSL_PTR, &session);
  const bool openssl = session != nullptr && session->backend == CURLSSLBACKEND_OPENSSL;
  return openssl ? session->internals : nullptr;
}

/// Whether its connection has agreed on HTTP/2, where an answer says which question it is to, and
/// where frames of the connection itself come at any time.
bool CurlTransfer::multiplexes(const void* tls) {
  const unsigned char* agreed = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(static_cast<const SSL*>(tls), &agreed, &size);
  return std::string_view(reinterpret_cast<const char*>(agreed), size) == "h2";
}

}  // namespace pawl
