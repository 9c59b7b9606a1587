#include "interrupt.hpp"

#include <cerrno>

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
  action.sa_handler = note_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before_int_);
  sigaction(SIGTERM, &action, &before_term_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
}

bool Interrupt::wait(pollfd* input, nfds_t inputs, const timespec* time) const {
  // A signal that comes just before the wait must end it too: it is let in only while waiting.
  sigset_t both;
  sigset_t before;
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  sigprocmask(SIG_BLOCK, &both, &before);
  while (!requested() && ppoll(input, inputs, time, &before) < 0 && errno == EINTR) {
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return !requested();
}

bool Interrupt::wait_for_input(int fd) const {
  pollfd input = {fd, POLLIN, 0};
  return wait(&input, 1, nullptr);
}

bool Interrupt::wait(std::chrono::milliseconds time) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec span = {seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
  return wait(nullptr, 0, &span);
}

bool Interrupt::requested() const noexcept {
  return noted != 0;
}

}  // namespace cli
