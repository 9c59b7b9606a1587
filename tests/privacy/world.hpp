// The interpreter of histories: the first world executes the own events alone, the second world all.
#pragma once

#include <stdexcept>
#include <string>

#include "ana.hpp"
#include "history.hpp"
#include "leak.hpp"
#include "other_events.hpp"
#include "own_events.hpp"
#include "scene.hpp"
#include "trace.hpp"

namespace privacy {

class World {
 public:
  World(const History& history, bool alone, const Leak* leak = nullptr)
      : scene_(history, alone, history.setup.file && !alone),
        ana_(scene_, leak, trace, findings),
        own_(scene_, ana_),
        others_(scene_, ana_) {}

  void run() {
    for (const auto& event : scene_.history.events) {
      if (scene_.alone && !event.own()) continue;
      try {
        scene_.facts.now_ms = scene_.store.clock.now_ms();
        if (event.own()) {
          trace.note(std::to_string(event.number) + " " + event.fact().name);
          own_.execute(event);
        } else {
          others_.execute(event);
        }
      } catch (const std::exception& error) {
        throw std::runtime_error("event " + std::to_string(event.number) + " " + event.fact().name + ": " +
                                 error.what());
      }
    }
    trace.note("the end");
    ana_.finish();
  }

  Trace trace;
  Findings findings;

 private:
  Scene scene_;
  Ana ana_;
  OwnEvents own_;
  OtherEvents others_;
};

}  // namespace privacy
