// Working the queue on the calling thread: claim, load, hand to the handler, report and claim again, channel
// by channel in turn.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <bccast/types.hpp>

#include "core/work.hpp"
#include "engine/handlers.hpp"
#include "engine/pacing.hpp"
#include "ports/queue.hpp"

namespace bccast {

class Pump {
 public:
  /// Of one channel so many batches may be kept by their handler at a time.
  static constexpr int kMostKept = 4;

  /// The channels must be in the store. `queue` is rung when work or room appears where there was none.
  Pump(Context& context, Work& work, Queue& queue, const Handlers& handlers);

  /// Batches that handlers keep hold this as long as they live.
  void keep_alive(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

  static constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

  /// See bccast_pump; ends after the batch in hand once `stop` says so. Any number of threads may run at
  /// once.
  Pumped run(std::uint32_t max_items, std::uint32_t budget_us, const std::atomic<bool>* stop = nullptr);
  /// The same, until the monotonic clock says so (kNoLimit: no budget).
  Pumped run_until(std::uint32_t max_items, std::int64_t until_us, const std::atomic<bool>* stop = nullptr);
  /// Stores what could not be stored so far; throws when it still cannot.
  void finish();
  /// In how many milliseconds run() has something to do; -1: nothing known.
  std::int64_t next_ms();
  /// True on a thread that is inside one of these handlers.
  bool handling() const noexcept;

 private:
  struct Way {
    explicit Way(Ms lease) : pacing(lease) {}
    std::string name;
    Handler handler;
    std::atomic<ChannelNo> channel{0};  // a channel may be removed and made again
    Pacing pacing;
    std::shared_ptr<std::atomic<int>> kept = std::make_shared<std::atomic<int>>(0);
  };
  struct Flow;
  class Stay;
  /// A batch that was sent, but whose report could not be stored.
  struct Unstored {
    ChannelNo channel;
    std::shared_ptr<Assignment> assignment;
    Report report;
  };
  struct Limits;

  void find_channels();
  bool run_flows(std::vector<Flow>& flows, Limits& limits, Pumped& pumped);
  std::size_t batch_size(const Way& way, const Limits& limits, std::int64_t transactions);
  bool work_off(Flow& flow, Report& report);
  Advanced advance(Way& way, const Report* report, std::size_t most);
  void store(Flow& flow, Report report, std::size_t most, Pumped& pumped);
  void keep(Flow& flow, Report report);
  bool store_unstored(Pumped& pumped, std::int64_t until_us);

  Context& context_;
  Work& work_;
  Queue& queue_;
  std::weak_ptr<void> owner_;
  std::vector<std::unique_ptr<Way>> ways_;
  std::mutex mutex_;
  std::deque<Unstored> unstored_;  // taken from the front by store_unstored() alone
  std::mutex storing_mutex_;
  std::atomic<std::size_t> turn_{0};  // whose batch is next
};

}  // namespace bccast
