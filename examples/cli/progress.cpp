#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "session.hpp"
#include "text.hpp"

namespace cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::milliseconds kNextLine{1000};
constexpr std::size_t kBarCells = 30;

}  // namespace

Progress::Progress(bool silent) : silent_(silent), terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (drawn_ && terminal_) std::cerr << std::endl;
}

bool Progress::is_due() const {
  if (silent_) return false;
  const auto pause = terminal_ ? kRedraw : kNextLine;
  return (terminal_ && !drawn_) || Clock::now() - shown_ >= pause;
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
  // A bar that was begun is also shown full.
  if (silent_ || (!is_due() && !(drawn_ && done >= total))) return;
  shown_ = Clock::now();
  drawn_ = true;
  if (terminal_) {
    std::cerr << "\r\033[K" << bar(done, total) << std::flush;
  } else {
    std::cerr << bar(done, total) << std::endl;
  }
}

void Progress::remark(const std::string& text) {
  if (silent_) return;
  if (drawn_ && terminal_) std::cerr << std::endl;
  drawn_ = false;
  cli::remark(text);
}

std::string Progress::bar(std::uint64_t done, std::uint64_t total) const {
  total = std::max(total, done);
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
  std::string out;
  if (terminal_) {
    const std::size_t full = total == 0 ? kBarCells : static_cast<std::size_t>(done * kBarCells / total);
    out = "[" + std::string(full, '#') + std::string(kBarCells - full, '.') + "] ";
  }
  out += std::to_string(done) + " of " + std::to_string(total) + " done, " +
         std::to_string(static_cast<std::uint64_t>(rate)) + "/s";
  if (rate > 0 && done < total) {
    out += ", " + duration(static_cast<std::uint64_t>(static_cast<double>(total - done) / rate)) + " left";
  }
  return out;
}

}  // namespace cli
