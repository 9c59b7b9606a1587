#include "hold.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <utility>

#include "interrupt.hpp"
#include "moment.hpp"
#include "preview.hpp"
#include "session.hpp"
#include "text.hpp"

namespace cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{100};  // between two looks whether it has gone, once it is time

}  // namespace

bool can_count_down() {
  return isatty(STDERR_FILENO) != 0;
}

Held::Held(bccast_engine* engine, std::string provider, std::string blast)
    : engine_(engine), provider_(std::move(provider)), blast_(std::move(blast)) {
  look();
}

void Held::look() {
  Rows rows;
  check(bccast_blast_get(engine_, provider_.c_str(), blast_.c_str(), rows.out()));
  state_ = rows.text(0, "state");
  missed_reason_ = rows.text(0, "missed_reason");
  goes_at_ms_ = rows.number(0, "scheduled_at_ms");
  recipients_ = rows.number(0, "recipients");
}

Value Held::goes_at() const {
  return is_held() ? Value(goes_at_ms_) : Value();
}

std::int64_t Held::recipients() const {
  return is_held() ? Preview(engine_, provider_, blast_).recipients() : recipients_;
}

void Held::remark_how_to_take_back() const {
  remark("it goes at " + iso_time(goes_at_ms_) +
         ", by `bccast run`; until then it can be taken back: bccast unschedule " + blast_ +
         " --as-provider " + provider_);
}

bool Held::take_back() {
  try {
    check(bccast_blast_unschedule(engine_, provider_.c_str(), blast_.c_str()));
    return true;
  } catch (const Failure& failure) {
    if (failure.code() != BCCAST_E_STATE) throw;
    return false;  // it has just gone
  }
}

bool Held::count_down() {
  const Interrupt interrupt;
  for (; is_held(); look()) {
    const std::int64_t left = goes_at_ms_ - now_ms();
    if (left > 0) {
      std::cerr << "\r\033[KIt goes in " << (left + 999) / 1000 << " s. Ctrl-C takes it back. " << std::flush;
    } else {
      check(bccast_pump(engine_, 0, 1, nullptr, nullptr));  // carries the schedule out
    }
    // Until the number changes.
    const auto pause = left > 0 ? milliseconds((left - 1) % 1000 + 1) : kLook;
    if (interrupt.wait(pause)) continue;
    std::cerr << std::endl;
    if (take_back()) return false;
  }
  std::cerr << "\r\033[K" << std::flush;
  if (state_ != "draft") return true;
  throw Stop(kError, missed_reason_.empty() ? "it was taken back meanwhile; nothing was sent"
                                            : "nothing was sent, it could not go: " + missed_reason_);
}

}  // namespace cli
