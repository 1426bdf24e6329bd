// One reusable libcurl handle: a call goes in, a Completion comes out.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/io/answer_reader.h"
#include "engine/io/curl_options.h"
#include "engine/io/open_sockets.h"
#include "engine/io/origin.h"
#include "engine/ports.h"

struct Curl_URL;
struct curl_sockaddr;
struct curl_slist;

namespace pawl {

/// What is known of a request's bytes.
enum class Sending : std::uint8_t {
  kept,       ///< libcurl has not come to the point of writing: nothing left
  held_back,  ///< it came there too late and was turned away: nothing left
  spoiled,    ///< the connection held bytes already and was turned down: nothing left
  let_go,     ///< it was allowed to write
};

/// Stays where it is, for libcurl holds its address.
class CurlTransfer final {
 public:
  /// All four outlive it; `sockets` outlives libcurl's connections too.
  CurlTransfer(const CurlOptions& options, const Origin& origin, Clock& clock,
               OpenSockets& sockets);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  void* handle() const { return handle_; }

  /// Makes the handle ready for `call`; the caller gives it to libcurl. `proof`: the authorizer's
  /// headers. Content-Type is application/json unless `proof` says otherwise. `shares`: over HTTP/2
  /// where the server speaks it, on a connection with other calls; only with Repeat::safe.
  void arm(Ticket ticket, const Call& call, Instant send_by, const std::vector<Header>& proof,
           bool shares);
  /// As the last arm() was told.
  bool shares() const { return shares_; }
  /// True when the armed call has found only a spoiled connection. It is ready then to be given to
  /// libcurl once more, for a fresh one, in place of finish().
  bool try_again();
  /// What has become of the armed call, `code` being libcurl's CURLcode. Frees what it held, the
  /// headers with their secrets too.
  Completion finish(int code, Instant received);

 private:
  void set_constants(const CurlOptions& options, const Origin& origin);
  void set_connection(bool fresh, bool last_use);
  bool names_whole_url() const;
  void set_request(const Call& call);
  void set_headers(Method method, const std::vector<Header>& proof);
  void drop_headers();
  NoAnswer no_answer(int code) const;

  static std::size_t on_header(char* data, std::size_t one, std::size_t size, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t one, std::size_t size, void* self) noexcept;
  static int on_open(void* self, int purpose, curl_sockaddr* address) noexcept;
  static int on_close(void* sockets, int socket) noexcept;
  static int on_connected(void* self, char*, char*, int, int local_port) noexcept;
  bool is_spoiled(int local_port);
  const void* tls_session() const;
  static bool multiplexes(const void* tls);

  const CurlOptions& options_;
  const Origin& origin_;
  Clock& clock_;
  OpenSockets& sockets_;
  void* const handle_;
  Curl_URL* const url_;
  const std::string agent_;  ///< a header: CURLOPT_USERAGENT is put into words at every call
  curl_slist* const plain_headers_;
  curl_slist* headers_ = nullptr;  ///< of the armed call, when it has its own

  Ticket ticket_;
  Repeat repeat_ = Repeat::safe;
  bool shares_ = false;
  Duration timeout_{};
  Instant send_by_{}, sent_{};
  Sending sending_ = Sending::kept;
  std::string body_;
  AnswerReader answer_;
  std::array<char, 256> complaint_{};  ///< CURLOPT_ERRORBUFFER, CURL_ERROR_SIZE
};

}  // namespace pawl
