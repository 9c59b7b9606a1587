#include "screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "text.hpp"

namespace cli {
namespace {

constexpr std::size_t kUsualWidth = 80;

std::size_t terminal_width() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

}  // namespace

bool Screen::is_there() {
  return isatty(STDOUT_FILENO) != 0;
}

void Screen::draw(const std::vector<std::string>& lines) {
  if (drawn_ != 0) std::cout << "\033[" << drawn_ << "A\r\033[J";
  // A line that is as wide as the terminal may already go on in the next.
  const std::size_t width = terminal_width() - 1;
  for (const std::string& line : lines) std::cout << shortened(line, width) << '\n';
  std::cout.flush();
  drawn_ = lines.size();
}

}  // namespace cli
