// Ctrl-C as a request to end at the next good moment.
#pragma once

#include <poll.h>

#include <chrono>
#include <csignal>

namespace cli {

/// While it lives, SIGINT and SIGTERM are only noted.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  bool requested() const noexcept;
  /// Waits until there is something to read. False: interrupted before or meanwhile.
  bool wait_for_input(int fd) const;
  /// Waits that long. False: interrupted before or meanwhile.
  bool wait(std::chrono::milliseconds time) const;

 private:
  bool wait(pollfd* input, nfds_t inputs, const timespec* time) const;
  struct sigaction before_int_ = {};
  struct sigaction before_term_ = {};
};

}  // namespace cli
