#include "preview.hpp"

#include <array>
#include <cstddef>
#include <iostream>

namespace cli {
namespace {

struct Reason {
  const char* column;
  const char* meaning;
};
/// Columns of the preview; the first one is always shown.
constexpr std::array<Reason, 6> kReasons = {{{"recipients", "will receive it, each in a new private thread"},
                                             {"no_address", "of them have no address to be told at"},
                                             {"archived", "left out: archived"},
                                             {"off", "left out: chat is off"},
                                             {"not_on_roster", "left out: no longer on the roster"},
                                             {"deselected", "left out: deselected"}}};

}  // namespace

Preview::Preview(bccast_engine* engine, const std::string& provider, const std::string& blast) {
  check(bccast_blast_preview(engine, provider.c_str(), blast.c_str(), rows_.out()));
}

void Preview::show() const {
  constexpr std::size_t kDigits = 9;
  for (const Reason& reason : kReasons) {
    const std::int64_t number = rows_.number(0, reason.column);
    if (number == 0 && &reason != kReasons.data()) continue;
    const std::string count = std::to_string(number);
    const std::string padding(count.size() < kDigits ? kDigits - count.size() : 0, ' ');
    std::cerr << padding << count << "  " << reason.meaning << '\n';
  }
  std::cerr.flush();
}

void Preview::add_to(Record& record) const {
  for (std::size_t i = 1; i < kReasons.size(); ++i) {
    record.add(kReasons[i].column, rows_.number(0, kReasons[i].column));
  }
}

}  // namespace cli
