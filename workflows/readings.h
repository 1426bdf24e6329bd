// The readings that the looks give, each in one word.
#pragma once

#include <string>
#include <utility>

#include "engine/workflow.h"

namespace pawl::reading {

inline Reading of(Verdict verdict, std::string reason = {}) {
  return {verdict, std::move(reason), Look::none, {}};
}
inline Reading next(Look look) {
  return {Verdict::next, {}, look, {}};
}
inline Reading clear() {
  return of(Verdict::clear);
}
inline Reading wait(std::string reason) {
  return of(Verdict::wait, std::move(reason));
}
inline Reading stale(std::string reason) {
  return of(Verdict::stale, std::move(reason));
}
inline Reading accepted(std::string evidence) {
  return of(Verdict::accepted, std::move(evidence));
}
inline Reading again(std::string reason) {
  return of(Verdict::again, std::move(reason));
}
/// Nor does it tell how what was submitted stands.
inline Reading unclear(std::string reason) {
  Reading reading = again(std::move(reason));
  reading.unclear = true;
  return reading;
}
inline Reading absent(std::string evidence) {
  return of(Verdict::absent, std::move(evidence));
}
inline Reading failed(std::string reason) {
  return of(Verdict::failed, std::move(reason));
}
/// No further run would fare better.
inline Reading failed_for_all(std::string reason) {
  Reading reading = failed(std::move(reason));
  reading.concerns_all = true;
  return reading;
}
inline Reading skip(std::string reason) {
  return of(Verdict::skip, std::move(reason));
}
inline Reading ask(std::string reason) {
  return of(Verdict::ask, std::move(reason));
}

}  // namespace pawl::reading
