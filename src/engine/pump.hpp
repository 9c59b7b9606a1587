// Working the queue on the calling thread: claim, load, hand to the handler, report and claim again, channel
// by channel in turn.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <bccast/types.hpp>

#include "base/error.hpp"
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
  /// The same, until the monotonic clock says so (kNoLimit: no budget). `between`: called after each batch.
  Pumped run_until(std::uint32_t max_items, std::int64_t until_us, const std::atomic<bool>* stop = nullptr,
                   const std::function<void()>& between = {});
  /// Stores what could not be stored so far; throws when it still cannot.
  void finish();
  /// In how many milliseconds run() has something to do; -1: nothing known. A channel that something damaged
  /// holds up has nothing to do.
  std::int64_t next_ms();
  /// What was found damaged since the last time, as an exception; null: nothing.
  std::exception_ptr take_damage() noexcept;
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
    /// Of the monotonic clock: its handler gave a batch back, and is not asked again before. Nobody else has
    /// to wait for that: the claim itself is free at once.
    std::atomic<std::int64_t> rests_until_us{0};
  };
  struct Flow;
  class Stay;
  /// A batch that was sent, but whose report could not be stored.
  struct Unstored {
    ChannelNo channel;
    std::shared_ptr<Assignment> assignment;
    Report report;
    bool damaged = false;  // something that storing it needs is
  };
  struct Limits;
  enum class Turn { worked, idle, limit };

  void find_channels();
  bool run_flows(std::vector<Flow>& flows, Limits& limits, const std::function<void()>& between,
                 Pumped& pumped);
  /// For so many milliseconds nothing is handed to its handler.
  Ms rests_for(const Way& way) const;
  /// In how many milliseconds its handler has something to do; nothing: nothing known.
  std::optional<Ms> next_due(const Tables& tables, const Way& way);
  std::size_t batch_size(const Way& way, const Limits& limits, std::int64_t transactions);
  Turn take_turn(Flow& flow, Limits& limits, bool alone, Pumped& pumped);
  bool work_off(Flow& flow, Report& report);
  Advanced advance(Way& way, const Report* report, std::size_t most);
  void store(Flow& flow, Report report, std::size_t most, Pumped& pumped);
  void give_back(Flow& flow, Pumped& pumped);
  void keep(Flow& flow, Report report);
  bool store_unstored(Pumped& pumped, std::int64_t until_us);
  bool is_held_up(ChannelNo channel);
  static std::exception_ptr passed_by(const Error& error);
  void pass_by(const Error& error);
  void keep_damage(std::exception_ptr found);

  Context& context_;
  Work& work_;
  Queue& queue_;
  std::weak_ptr<void> owner_;
  std::vector<std::unique_ptr<Way>> ways_;
  std::mutex mutex_;              // guards `unstored_` and `damage_`
  std::list<Unstored> unstored_;  // taken from the front by store_unstored() alone
  std::exception_ptr damage_;
  std::mutex storing_mutex_;
  std::atomic<std::size_t> turn_{0};  // whose batch is next
};

}  // namespace bccast
