#include "workflows/upgrade_looks.h"

#include <fmt/format.h>

#include <utility>

namespace pawl {

Reading not_yet(const Run& run, std::string reason) {
  const Verdict verdict = run.phase == Phase::waiting ? Verdict::wait : Verdict::again;
  return {verdict, std::move(reason), Look::none, {}};
}

Reading not_readable(const Run& run, const cloud::Unreadable& why) {
  return not_yet(run, why.text);
}

Reading read_refusal(const Looked& looked) {
  const cloud::CloudError error = cloud::read_error(looked.answer);
  std::string words = cloud::describe(error);
  switch (cloud::classify(error, Method::get)) {
    case cloud::ErrorClass::renew_credentials:
      return {Verdict::stop, std::move(words), Look::none, {}};
    case cloud::ErrorClass::stop:
    case cloud::ErrorClass::halt_rollout:
    case cloud::ErrorClass::feature_absent:
    case cloud::ErrorClass::gone:
      if (looked.run.phase == Phase::waiting) {
        return {Verdict::failed, std::move(words), Look::none, {}};
      }
      break;
    case cloud::ErrorClass::wait:
    case cloud::ErrorClass::look:
    case cloud::ErrorClass::throttled:
    case cloud::ErrorClass::retry:
      break;
  }
  return not_yet(looked.run, std::move(words));
}

}  // namespace pawl
