// What has happened, and who reads of it, as rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/thread.hpp"

namespace bccast {

enum class EventKind : std::uint8_t {
  blast_sent = 1,
  blast_finished = 2,
  message_created = 3,
  thread_read = 4,
  roster_changed = 5,
  channel_failing = 6,
  channel_working = 7,
  blast_missed = 8,
  blast_paused = 9,
  blast_resumed = 10,
  blast_overdue = 11,
  blast_recalled = 12,
  clock_stepped = 13,
  channel_paused = 14,
  log_pinned = 15,
};

using EventNo = std::int64_t;

/// What it is about is kept as numbers, so that nothing of a person stays here when it is erased.
struct Event {
  EventNo no = 0;
  Ms at = 0;
  EventKind kind = EventKind::blast_sent;
  ProviderNo provider_no = 0;  // 0: the store's
  std::int64_t number = 0;     // the blast, the origin of a thread, the channel, or a client (0: many)
  Place place = 0;             // of a thread
};

class EventTables {
 public:
  virtual ~EventTables() = default;

  virtual bool has_readers() const = 0;
  /// Up to where the reader has acknowledged; nothing: there is no such reader.
  virtual std::optional<EventNo> acknowledged(std::string_view reader) const = 0;
  /// Makes the reader when there is none.
  virtual void set_acknowledged(std::string_view reader, EventNo no) = 0;
  /// The least that any reader has acknowledged.
  virtual EventNo acknowledged_by_all() const = 0;

  /// Event::no is not heeded: it gets its number later, from whoever reads of it, or at once from a store in
  /// which none that is committed later gets a lower one. Now and then it takes those before `keep_since`
  /// away.
  virtual void insert_event(const Event& event, Ms keep_since = 0) = 0;
  virtual bool has_unnumbered() const = 0;
  /// Gives the first `most` of those numbers, behind all others, in the order of commits. True: there are
  /// more.
  virtual bool number_events(std::size_t most) = 0;
  /// The last number that was given.
  virtual EventNo last_event() const = 0;
  /// Those with numbers after `after` that are not older than `since`, oldest first.
  virtual std::vector<Event> events(EventNo after, Ms since, std::size_t limit) const = 0;
  /// Those with numbers up to and including `no`.
  virtual void forget_up_to(EventNo no) = 0;
  /// Events about a client are from now on about nobody.
  virtual void forget_client(std::int64_t client_no) = 0;
};

}  // namespace bccast
