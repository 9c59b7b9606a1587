#include "noop_notifier.hpp"

#include <stdexcept>
#include <string>

#include "people.hpp"

namespace bench {

void NoopNotifier::notify(const char* address, std::size_t length) noexcept {
  std::uint64_t letters = 0;
  for (std::size_t i = 0; i < length; ++i) letters += static_cast<unsigned char>(address[i]);
  ++totals_.addresses;
  totals_.bytes += length;
  totals_.letters += letters;
}

void require_all_notified(const AddressTotals& totals, std::uint64_t n, const char* design) {
  NoopNotifier expected;
  for (std::uint64_t client = 0; client < n; ++client) {
    const std::string address = client_address(client);
    expected.notify(address.data(), address.size());
  }
  if (totals == expected.totals()) return;
  throw std::runtime_error(std::string(design) + ": " + std::to_string(totals.addresses) + " addresses (" +
                           std::to_string(totals.bytes) + " bytes) notified, not the expected " +
                           std::to_string(n) + " (" + std::to_string(expected.totals().bytes) + " bytes)");
}

}  // namespace bench
