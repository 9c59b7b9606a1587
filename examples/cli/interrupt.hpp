// Ctrl-C as a request to end at the next good moment.
#pragma once

#include <csignal>

namespace cli {

/// While it lives, SIGINT and SIGTERM are only noted, and calls that wait for input are interrupted by them.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  bool requested() const noexcept;

 private:
  struct sigaction before_int_ = {};
  struct sigaction before_term_ = {};
};

}  // namespace cli
