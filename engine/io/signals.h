// The signals that stop a driver, as something that can be waited for.
#pragma once

#include <memory>
#include <optional>

namespace pawl {

/// While it lives, SIGINT, SIGTERM and SIGHUP (a terminal that closed; not where it was ignored
/// before) arrive through a descriptor and interrupt nothing; SIGPIPE and SIGXFSZ are ignored, so
/// that a closed pipe gives EPIPE and a full file EFBIG; SIGCHLD is not, so that the kernel keeps
/// how a child has ended. Made before any other thread starts, for threads inherit the mask of
/// their maker; so do child processes, which have to put mask and SIGPIPE back before they exec. At
/// most one at a time.
class StopSignals final {
 public:
  StopSignals();
  /// Puts mask and dispositions back as they were.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Readable once a signal has come; owned by this object.
  int descriptor() const { return descriptor_; }

  /// Whether take() would give one. Takes nothing.
  bool pending() const;
  /// The signal that came, SIGINT or SIGTERM (which SIGHUP counts as), once each; never blocks.
  /// From the first one taken on, SIGINT ends the process at once: who asks twice does not want to
  /// wait.
  std::optional<int> take();
  /// While `held`, every later SIGINT waits to be taken as well: something is to be ended first.
  void hold(bool held);

 private:
  struct Before;
  std::unique_ptr<const Before> before_;  ///< what the destructor puts back
  int descriptor_;
  bool taken_ = false, held_ = false;
};

}  // namespace pawl
