// Channels in SQLite.
#pragma once

#include <optional>
#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/connection.hpp"
#include "ports/channel_tables.hpp"

namespace bccast::sqlite {

class SqliteChannelTables : public virtual ChannelTables {
 public:
  explicit SqliteChannelTables(Connection& db) : db_(db) {}

  std::vector<Channel> channels() const override;
  std::optional<Channel> channel(std::string_view name) const override;
  std::optional<Channel> channel(ChannelNo no) const override;
  ChannelNo last_channel() const override;
  bool insert_channel(const Channel& channel) override;
  void update_channel(const Channel& channel) override;
  std::optional<ChannelWork> channel_work(ChannelNo no) const override;
  void update_channel_work(const ChannelWork& work) override;
  void forget_reason_details() override;

  /// For verification: rows that are not what was once written.
  void find_damage(std::vector<FindingRow>& findings) const;

 private:
  Connection& db_;
};

}  // namespace bccast::sqlite
