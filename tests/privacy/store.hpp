// An engine for one world: a store, a clock that stands still until it is moved, and handlers that keep what
// they are given for each client.
#pragma once

#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../support/host.hpp"

namespace privacy {

class Store {
 public:
  static constexpr const char* kChannels[] = {"email", "push"};
  static constexpr const char* kDelivers = "chat";

  struct Notice {
    std::string channel;
    test::Row row;
  };

  explicit Store(bool file, bool deliver = false) : deliver_(deliver) {
    if (file) folder_.emplace();
    open();
  }
  ~Store() { close(); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  operator bccast_engine*() const { return engine_; }  // NOLINT: a store stands for its engine in calls
  /// The same, for somebody who acts for the provider.
  bccast_engine* assistant() const { return assistant_; }
  bool can_restart() const { return folder_.has_value(); }
  void restart() {
    close();
    open();
  }

  /// Backed up, replaced by its backup, and released.
  void restore() {
    const std::string copy = (folder_->path() / "copy.db").string();
    test::must(bccast_operate_backup, engine_, copy);
    close();
    test::must(bccast_restore, copy, (folder_->path() / "store.db").string());
    std::filesystem::remove(copy);
    open();
    test::must(bccast_operate_release, engine_);
  }

  /// Each notification to a client as it was first given to a notifier, since they were last taken.
  std::vector<Notice> take_notices(const std::string& client) {
    return std::exchange(new_notices_[client], {});
  }
  /// All of them.
  const std::vector<Notice>& notices(const std::string& client) { return notices_[client]; }

  test::Clock clock;
  std::function<test::Outcome(const std::string& channel, const test::Row& item)> fate;  // none: done
  std::function<bool()> whole_batch_fails;                                               // none: never

 private:
  struct Way {
    Store* store;
    std::string channel;
  };

  void open() {
    bccast_config* config = nullptr;
    test::must(bccast_config_new, &config);
    const std::unique_ptr<bccast_config, void (*)(bccast_config*)> owner(config, bccast_config_free);
    clock.attach(config);
    ways_.clear();
    for (const auto* channel : kChannels) {
      ways_.push_back(std::make_unique<Way>(Way{this, channel}));
      const bccast_notifier_vtbl vtbl{sizeof(bccast_notifier_vtbl), 0,
                                      [](void* self, bccast_batch* batch) {
                                        const auto* way = static_cast<Way*>(self);
                                        return way->store->notify(way->channel, batch);
                                      },
                                      nullptr};
      test::must(bccast_config_notifier, config, channel, &vtbl, ways_.back().get());
    }
    if (deliver_) {
      ways_.push_back(std::make_unique<Way>(Way{this, kDelivers}));
      const bccast_deliverer_vtbl vtbl{sizeof(bccast_deliverer_vtbl), 0,
                                       [](void* self, bccast_batch* batch) {
                                         const auto* way = static_cast<Way*>(self);
                                         return way->store->notify(way->channel, batch);
                                       },
                                       nullptr, nullptr};
      test::must(bccast_config_deliverer, config, kDelivers, &vtbl, ways_.back().get());
    }
    const std::string url = folder_ ? (folder_->path() / "store.db").string() : ":memory:";
    test::must(bccast_open, url, config, &engine_);
    test::must(bccast_as, engine_, "assistant", &assistant_);
  }
  void close() {
    bccast_close(std::exchange(assistant_, nullptr), 0);
    bccast_close(std::exchange(engine_, nullptr), 0);
  }

  std::int32_t notify(const std::string& channel, bccast_batch* batch) {
    const auto rows = test::copy_rows(bccast_batch_rows(batch));
    for (const auto& row : rows) {
      // At least once: what comes again is the same, and has the same id.
      if (!known_.insert(channel + " " + row.text("id")).second) continue;
      notices_[row.text("to")].push_back({channel, row});
      new_notices_[row.text("to")].push_back({channel, row});
    }
    if (whole_batch_fails && whole_batch_fails()) return BCCAST_E_NOTIFIER;
    for (std::size_t i = 0; fate && i < rows.size(); ++i) {
      const auto outcome = fate(channel, rows[i]);
      if (bccast_batch_set(batch, i, outcome.status, outcome.reason.c_str(), outcome.retry_after_ms) < 0)
        return BCCAST_E_INTERNAL;
    }
    return BCCAST_OK;
  }

  const bool deliver_;
  std::optional<test::TemporaryFolder> folder_;
  std::vector<std::unique_ptr<Way>> ways_;
  bccast_engine* engine_ = nullptr;
  bccast_engine* assistant_ = nullptr;
  std::set<std::string> known_;
  std::map<std::string, std::vector<Notice>> notices_;
  std::map<std::string, std::vector<Notice>> new_notices_;
};

}  // namespace privacy
