// Working the queue on the calling thread: claim, load, notify, report and claim again, channel by channel in
// turn.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <bccast/types.hpp>

#include "core/work.hpp"
#include "ports/notifier.hpp"

namespace bccast {

class Pump {
 public:
  /// The channels must be in the store.
  Pump(Context& context, Work& work,
       const std::map<std::string, std::shared_ptr<Notifier>, std::less<>>& notifiers);

  /// See bccast_pump. Any number of threads may run at once.
  Pumped run(std::uint32_t max_items, std::uint32_t budget_us);
  /// Stores what could not be stored so far; throws when it still can not.
  void finish();
  /// In how many milliseconds run() has something to do; -1: nothing known.
  std::int64_t next_ms();
  /// True on a thread that is inside one of these notifiers.
  bool notifying() const noexcept;

 private:
  // Batches begin small and double while they are quick: a slow notifier never nears its lease, and a pump
  // does not overrun its budget by much.
  static constexpr std::size_t kFirstBatch = 64;
  struct Way {
    Way(ChannelNo channel_in, std::shared_ptr<Notifier> notifier_in)
        : channel(channel_in), notifier(std::move(notifier_in)) {}
    const ChannelNo channel;
    const std::shared_ptr<Notifier> notifier;
    std::atomic<std::size_t> batch_size{kFirstBatch};
  };
  struct Flow;
  /// A batch that was sent, but whose report could not be stored.
  struct Unstored {
    Way* way;
    std::unique_ptr<Assignment> assignment;
    Report report;
  };

  bool run_flows(std::vector<Flow>& flows, std::uint32_t max_items, std::uint32_t budget_us, Pumped& pumped);
  Report work_off(Way& way, Assignment& assignment);
  void store(Flow& flow, Report report, std::size_t most, Pumped& pumped);
  void keep(Flow& flow, Report report);
  void store_unstored(Pumped& pumped);

  Context& context_;
  Work& work_;
  std::vector<std::unique_ptr<Way>> ways_;
  std::mutex mutex_;
  std::deque<Unstored> unstored_;  // taken from the front by store_unstored() alone
  std::mutex storing_mutex_;
};

}  // namespace bccast
