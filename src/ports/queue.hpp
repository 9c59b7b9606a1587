// A doorbell without payload between those who store work and those who do it: "look".
#pragma once

namespace bccast {

/// The store is the truth; a ring that is lost, doubled or late costs time and nothing else.
class Queue {
 public:
  virtual ~Queue() = default;
  /// Something was stored that makes work. Called after the commit, on the thread that stored it; must not
  /// block.
  virtual void ring() noexcept = 0;
};

}  // namespace bccast
