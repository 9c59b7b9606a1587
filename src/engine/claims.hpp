// Batches for hosts that send by themselves.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <mutex>

#include "core/work.hpp"
#include "engine/doorbell.hpp"
#include "engine/pacing.hpp"
#include "ports/notifier.hpp"

namespace bccast {

class Claims {
 public:
  /// `alone`: the engine has no handlers, and the bell is for claims alone.
  Claims(Context& context, Work& work, Doorbell& doorbell, bool alone)
      : context_(context), work_(work), doorbell_(doorbell), alone_(alone) {}

  /// At most `most` items, 0: as many as go well into a lease; null: nothing is due, or nothing was found so
  /// far. The batch holds `keep_alive`.
  std::shared_ptr<BatchControl> next(ChannelNo channel, std::size_t most, std::shared_ptr<void> keep_alive);

 private:
  /// A call that finds nobody to be told, but many that are to be left out or wait, ends after so long: it is
  /// on the host's thread. The bell says that there is more.
  static constexpr std::int64_t kLongestLookUs = 20'000;

  void rest(ChannelNo channel);
  std::exception_ptr load(Assignment& assignment);
  std::shared_ptr<Pacing> pacing_of(ChannelNo channel);

  Context& context_;
  Work& work_;
  Doorbell& doorbell_;
  const bool alone_;
  std::mutex mutex_;
  std::map<ChannelNo, std::shared_ptr<Pacing>> pacings_;
};

}  // namespace bccast
