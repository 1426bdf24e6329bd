#include "cli/simulate/bodies.h"

#include <fmt/core.h>
#include <microhttpd.h>
#include <sys/types.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace pawl::simulate {

namespace {

constexpr Duration dribble_pause{100};
constexpr std::size_t block_bytes = 65'536;

/// A body that is made while it is sent.
struct Stream {
  std::string body;
  Manner manner;
  MHD_Connection* connection;
  Delays& delays;
  bool rested = true;  ///< of a dribble: the next byte may go

  ssize_t next(std::uint64_t position, char* into, std::size_t most);
};

ssize_t Stream::next(std::uint64_t position, char* into, std::size_t most) {
  const std::size_t at = std::min<std::uint64_t>(position, body.size());
  if (manner == Manner::dribble) {
    if (!rested) {
      rested = true;
      delays.hold(connection, dribble_pause);
      return 0;
    }
    rested = false;
    *into = body[at];
    return 1;
  }
  if (manner == Manner::truncated) {
    most = std::min(most, body.size() / 2 - std::min(at, body.size() / 2));
    if (most == 0) return MHD_CONTENT_READER_END_WITH_ERROR;
  } else if (at == body.size()) {
    std::memset(into, ' ', most);
    return static_cast<ssize_t>(most);
  }
  const std::size_t count = std::min(most, body.size() - at);
  std::memcpy(into, body.data() + at, count);
  return static_cast<ssize_t>(count);
}

ssize_t next_of(void* stream, std::uint64_t position, char* into, std::size_t most) {
  return static_cast<Stream*>(stream)->next(position, into, most);
}

void drop_stream(void* stream) {
  delete static_cast<Stream*>(stream);
}

MHD_Response* make_body(MHD_Connection* connection, const CloudAnswer& answer, Delays& delays) {
  if (answer.manner == Manner::whole || answer.manner == Manner::redirect) {
    return MHD_create_response_from_buffer(
        answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY);
  }
  const std::uint64_t size =
      answer.manner == Manner::oversized ? oversized_bytes : answer.body.size();
  auto stream = std::make_unique<Stream>(Stream{answer.body, answer.manner, connection, delays});
  MHD_Response* made =
      MHD_create_response_from_callback(size, block_bytes, &next_of, stream.get(), &drop_stream);
  if (made != nullptr) static_cast<void>(stream.release());
  return made;
}

}  // namespace

bool queue_answer(MHD_Connection* connection, const CloudAnswer& answer, const std::string& date,
                  const std::string& elsewhere, Delays& delays) {
  MHD_Response* made = make_body(connection, answer, delays);
  if (made == nullptr) return false;
  MHD_add_response_header(made, "Content-Type", answer.content_type.c_str());
  MHD_add_response_header(made, "X-Request-Id", answer.request_id.c_str());
  MHD_add_response_header(made, "Date", date.c_str());
  if (!answer.subject_token.empty()) {
    MHD_add_response_header(made, "X-Subject-Token", answer.subject_token.c_str());
  }
  if (answer.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*answer.retry_after).count();
    MHD_add_response_header(made, "Retry-After", std::to_string(seconds).c_str());
  }
  if (answer.manner == Manner::redirect) {
    MHD_add_response_header(made, "Location", elsewhere.c_str());
  }
  const bool queued =
      MHD_queue_response(connection, static_cast<unsigned>(answer.status), made) == MHD_YES;
  MHD_destroy_response(made);
  return queued;
}

}  // namespace pawl::simulate
