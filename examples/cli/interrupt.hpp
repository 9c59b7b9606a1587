// Ctrl-C as a request to end at the next good moment.
#pragma once

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

 private:
  struct sigaction before_int_ = {};
  struct sigaction before_term_ = {};
};

}  // namespace cli
