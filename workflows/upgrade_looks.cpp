#include "workflows/upgrade_looks.h"

#include <utility>

#include "workflows/readings.h"

namespace pawl {

Reading not_yet(const Run& run, std::string reason) {
  return run.phase == Phase::waiting ? reading::wait(std::move(reason))
                                     : reading::unclear(std::move(reason));
}

Reading not_readable(const Run& run, const cloud::Unreadable& why) {
  return not_yet(run, why.text);
}

bool shows_nothing(const Looked& looked) {
  const Look asked = looked.run.look;
  const bool status = asked == look::check_status || asked == look::upgrade_status ||
                      asked == look::upgrade_while_busy;
  return status && looked.answer.status == 404 &&
         !cloud::known_code(cloud::read_error(looked.answer));
}

cloud::Answer<cloud::MajorStatus> read_shown(const Looked& looked) {
  if (shows_nothing(looked)) return cloud::never_ran;
  return cloud::read_status(looked.answer);
}

Reading read_refusal(const Looked& looked) {
  const cloud::CloudError error = cloud::read_error(looked.answer);
  std::string words = cloud::describe(error);
  switch (cloud::classify(error, Method::get)) {
    case cloud::ErrorClass::renew_credentials:
      return reading::of(Verdict::stop, std::move(words));
    case cloud::ErrorClass::halt_rollout:
      if (looked.run.phase == Phase::waiting) return reading::failed_for_all(std::move(words));
      break;
    case cloud::ErrorClass::stop:
    case cloud::ErrorClass::feature_absent:
    case cloud::ErrorClass::gone:
      if (looked.run.phase == Phase::waiting) return reading::failed(std::move(words));
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
