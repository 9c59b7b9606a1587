// The notifier of every design: it does nothing with an address but read all of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

/// What has been read. Two totals are equal when the same addresses were read, each as often (as far as
/// sums can tell).
struct AddressTotals {
  std::uint64_t addresses = 0;
  std::uint64_t bytes = 0;
  std::uint64_t letters = 0;  // sum of all byte values

  bool operator==(const AddressTotals&) const = default;
};

class NoopNotifier {
 public:
  void notify(const char* address, std::size_t length) noexcept;
  const AddressTotals& totals() const { return totals_; }
  void reset() { totals_ = AddressTotals{}; }

 private:
  AddressTotals totals_;
};

/// Throws std::runtime_error unless clients 0 to n-1 were notified, each once.
void require_all_notified(const AddressTotals& totals, std::uint64_t n, const char* design);

}  // namespace bench
