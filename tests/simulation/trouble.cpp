#include "tests/simulation/trouble.h"

#include <chrono>
#include <utility>

#include "cli/simulate/cloud_text.h"

namespace pawl::simulation {

namespace {

using simulate::Trouble;

HttpResponse refusal(HttpResponse answer, const simulate::Refusal& refusal) {
  simulate::Reply said = simulate::refused(refusal);
  answer.status = said.status;
  answer.body = std::move(said.body);
  return answer;
}

HttpResponse page(HttpResponse answer, int status) {
  answer.status = status;
  answer.content_type = "text/html";
  answer.body = "<html><head><title>Please sign in</title></head></html>";
  return answer;
}

}  // namespace

std::variant<HttpResponse, NoAnswer> spoiled(Trouble trouble, HttpResponse answer) {
  switch (trouble) {
    case Trouble::reset_before:
    case Trouble::reset_after:
      return NoAnswer{Delivery::unknown, "reset"};
    case Trouble::truncated:
      return NoAnswer{Delivery::unknown, "cut off"};
    case Trouble::oversized:
      return NoAnswer{Delivery::unknown, "too large"};
    case Trouble::dribble:
      return NoAnswer{Delivery::unknown, "timed out"};
    case Trouble::error_before:
      return refusal(std::move(answer), {500, "DBS.200412", "Server failure."});
    case Trouble::error_after:
      return refusal(std::move(answer), {500, "DBS.111205", "Service timeout."});
    case Trouble::throttled_until:
      answer.retry_after = std::chrono::seconds{1};
      [[fallthrough]];
    case Trouble::throttled:
      return refusal(std::move(answer),
                     {429, "APIGW.0308", "The throttling threshold is reached."});
    case Trouble::gateway_before:
    case Trouble::gateway_after:
      return page(std::move(answer), 502);
    case Trouble::redirect:
      return page(std::move(answer), 307);
    case Trouble::garbage:
      return page(std::move(answer), 200);
    case Trouble::cut_json:
      answer.body.resize(answer.body.size() / 2);
      return answer;
    case Trouble::quota:
      return refusal(std::move(answer), simulate::refusal::quota);
    case Trouble::forbidden:
      return refusal(std::move(answer), simulate::refusal::no_right);
  }
  return answer;
}

}  // namespace pawl::simulation
