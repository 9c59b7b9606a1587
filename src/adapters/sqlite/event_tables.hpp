// Events and their readers in SQLite.
#pragma once

#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/event_tables.hpp"

namespace bccast::sqlite {

class SqliteEventTables final : public EventTables {
 public:
  explicit SqliteEventTables(Connection& db) : db_(db) {}

  bool has_readers() const override;
  std::optional<EventNo> acknowledged(std::string_view reader) const override;
  void set_acknowledged(std::string_view reader, EventNo no) override;
  EventNo acknowledged_by_all() const override;
  void insert_event(const Event& event, Ms keep_since) override;
  bool has_unnumbered() const override { return false; }
  bool number_events(std::size_t) override { return false; }
  EventNo last_event() const override;
  std::vector<Event> events(EventNo after, Ms since, std::size_t limit) const override;
  void forget_up_to(EventNo no) override;
  void forget_client(std::int64_t client_no) override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  void forget_before(Ms at);

  Connection& db_;
};

}  // namespace bccast::sqlite
