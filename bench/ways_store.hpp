// The store of one provider with a large roster, with notifiers that say of each batch that it came.
#pragma once

#include <bccast/bccast.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// A figure of this program's output.
void print_line(const std::string& what, double value, const char* unit);

class WaysStore {
 public:
  /// `channel` is the one the batch is for. May call everything that a notifier may.
  using OnBatch = std::function<void(bccast_batch* batch, const char* channel)>;

  WaysStore(const std::string& path, const std::vector<std::string>& channels);
  ~WaysStore();
  WaysStore(const WaysStore&) = delete;
  WaysStore& operator=(const WaysStore&) = delete;

  /// People of bench/people.hpp, with an address on both channels.
  void import(std::uint64_t clients);
  void notify_off(std::uint64_t client);
  void remove_channel(const char* channel);

  std::string draft_to_all();
  std::string draft_to(const std::vector<std::uint64_t>& clients);
  void send(const std::string& blast);
  void reply(std::uint64_t client, const std::string& thread, const std::string& text);
  std::string thread_of(const std::string& blast, std::uint64_t client);
  /// Of at most a hundred recipients, sorted.
  std::vector<std::string> threads_of(const std::string& blast);
  /// recipients, done, failed, skipped, pending of people.
  std::map<std::string, double> sums(const std::string& blast);

  /// Until nothing is due.
  void pump();
  /// The same, and not longer than until `over`, which is asked now and then.
  void pump_until(const std::function<bool()>& over);
  int fd();
  void on_batch(OnBatch on_batch) { on_batch_ = std::move(on_batch); }

  bccast_engine* engine() const { return engine_; }
  void close();

 private:
  struct Channel {
    WaysStore* store;
    std::string name;
  };
  static std::int32_t notify(void* self, bccast_batch* batch) noexcept;

  std::vector<std::unique_ptr<Channel>> channels_;
  bccast_engine* engine_ = nullptr;
  OnBatch on_batch_;
};

}  // namespace bench
