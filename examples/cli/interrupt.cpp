#include "interrupt.hpp"

namespace cli {
namespace {

volatile std::sig_atomic_t noted = 0;

extern "C" void note_signal(int /*signal*/) {
  noted = 1;
}

}  // namespace

Interrupt::Interrupt() {
  noted = 0;
  struct sigaction action = {};
  action.sa_handler = note_signal;  // no SA_RESTART
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before_int_);
  sigaction(SIGTERM, &action, &before_term_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
}

bool Interrupt::requested() const noexcept {
  return noted != 0;
}

}  // namespace cli
