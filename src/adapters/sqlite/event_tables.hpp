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
  EventNo last_event() const override;
  EventNo insert_event(const Event& event) override;
  std::vector<Event> events(EventNo after, Ms since, std::size_t limit) const override;
  void forget_up_to(EventNo no) override;
  void forget_before(Ms at) override;
  void forget_client(std::int64_t client_no) override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  Connection& db_;
};

}  // namespace bccast::sqlite
