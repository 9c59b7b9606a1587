// Takes the figures of W(N), the same way for every design: time, syncs and disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "figures.hpp"
#include "stopwatch.hpp"
#include "store_size.hpp"

namespace bench {

/// One use for several blasts: `start`, `accepted`, any number of `batch`, `finished`, and again. Figures are
/// the median of the blasts.
class WorkMeter {
 public:
  explicit WorkMeter(const std::string& store_path);

  void start();           // just before the send call
  void accepted();        // it returned: durable
  void batch() noexcept;  // a batch is in the notifier's hands: looks at the disk
  void finished();        // all recorded as notified

  /// accept_s, work_s, accept_syncs, work_syncs, batches, blasts, peak_bytes (above what was there at first).
  Figures figures() const;

 private:
  void look_at_disk() noexcept;

  StoreSize size_;
  std::uint64_t size_before_;
  std::uint64_t size_peak_;
  Stopwatch watch_;
  std::uint64_t syncs_before_ = 0;
  std::uint64_t batches_ = 0;
  std::vector<Figures> blasts_;
};

}  // namespace bench
