// What an engine was given to work with: who carries the batches of which channel.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "ports/notifier.hpp"

namespace bccast {

/// One of the two.
struct Handler {
  std::shared_ptr<Notifier> notifier{};
  std::shared_ptr<Deliverer> deliverer{};

  const char* role() const noexcept { return deliverer ? "deliver" : "notify"; }
  Handled handle(const std::shared_ptr<BatchControl>& batch) const {
    if (!deliverer) return notifier->notify(batch->notices(), batch);
    const Delivery& delivery = *batch->delivery();
    return delivery.retracts ? deliverer->retract(batch->notices(), delivery, batch)
                             : deliverer->deliver(batch->notices(), delivery, batch);
  }
};

/// By the channel's name.
using Handlers = std::map<std::string, Handler, std::less<>>;

}  // namespace bccast
