#include "ask.hpp"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <iostream>
#include <string_view>

#include "interrupt.hpp"
#include "session.hpp"
#include "text.hpp"

namespace cli {

void require_terminal(const std::string& instead) {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0) {
    throw Stop(kUsage, "there is no terminal to ask on; " + instead);
  }
}

bool ask(const std::string& question) {
  const Interrupt interrupt;
  std::cerr << printable(question) << " [y/N] " << std::flush;
  std::array<char, 256> line{};  // a terminal gives whole lines
  ssize_t length = 0;
  if (interrupt.wait_for_input(STDIN_FILENO)) length = read(STDIN_FILENO, line.data(), line.size());
  if (length <= 0) std::cerr << std::endl;
  std::string_view answer(line.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  if (answer.ends_with('\n')) answer.remove_suffix(1);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace cli
