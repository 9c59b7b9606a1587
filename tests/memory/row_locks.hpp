// Locks of rows in memory: kept in the tables, and looked at by whoever works beside
// (beside/read_committed.hpp).
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "data.hpp"

namespace test::memory {

/// Ranks are not locked in their order, or one twice: on a server two such transactions would some day wait
/// for each other.
struct OutOfOrder : std::logic_error {
  OutOfOrder(int rank, int last)
      : std::logic_error("rank " + std::to_string(rank) + " is locked after rank " + std::to_string(last)) {}
};

class RowLocks final : public Locks {
 public:
  explicit RowLocks(Data& data) : data_(data) {}

  void act(ActNo no) override { lock(0, data_.acts, std::span<const ActNo>(&no, 1), Hold::exclusive); }
  void clients(std::span<const std::string_view> ids, Hold hold) override {
    std::vector<ClientNo> nos;
    for (const auto id : ids)
      if (const auto no = data_.client_ids.get(std::string(id))) nos.push_back(*no);
    lock(1, data_.clients, std::span<const ClientNo>(nos), hold);
  }
  void provider(std::string_view id, Hold hold) override {
    const auto no = data_.provider_ids.get(std::string(id));
    providers(no ? std::span(&*no, 1) : std::span<const ProviderNo>(), hold);
  }
  void providers(std::span<const ProviderNo> nos, Hold hold) override { lock(2, data_.providers, nos, hold); }
  void rosters(std::span<const ProviderNo> nos) override { lock(3, data_.roster_work, nos, Hold::exclusive); }
  void channels(Hold hold) override {
    lock_where(4, data_.channels, hold, [](const Channel&) { return true; });
  }
  void channel(std::string_view name, Hold hold) override {
    lock_where(4, data_.channels, hold, [=](const Channel& channel) { return channel.name == name; });
  }
  void channel(ChannelNo no, Hold hold) override {
    lock(4, data_.channels, std::span<const ChannelNo>(&no, 1), hold);
  }
  void channel_work(ChannelNo no) override {
    lock(5, data_.channel_work, std::span<const ChannelNo>(&no, 1), Hold::exclusive);
  }
  void all_channel_work() override {
    lock_where(5, data_.channel_work, Hold::exclusive, [](const ChannelWork&) { return true; });
  }
  void lines(std::span<const LineNo> nos, std::span<const BlastKey> all_of) override {
    lock_lines([&](const Line& line) {
      const BlastKey key{line.provider_no, line.blast_no};
      return std::find(nos.begin(), nos.end(), line.no) != nos.end() ||
             std::find(all_of.begin(), all_of.end(), key) != all_of.end();
    });
  }
  void open_lines_of_channel(ChannelNo channel) override {
    lock_lines([=](const Line& line) { return line.open && line.channel_no == channel; });
  }
  void told_lines(std::span<const ProviderNo> providers) override {
    lock_lines([=](const Line& line) {
      return (line.open || line.has_told_addresses) &&
             std::find(providers.begin(), providers.end(), line.provider_no) != providers.end();
    });
  }
  void blasts(std::span<const BlastKey> keys, Hold hold) override { lock(7, data_.blasts, keys, hold); }
  void community(ProviderNo provider, CommunityNo no, Hold hold) override {
    const std::pair key{provider, no};
    lock(7, data_.communities, std::span(&key, 1), hold);
  }
  void threads(std::span<const ThreadKey> keys) override { lock(8, data_.threads, keys, Hold::exclusive); }
  void singles(std::span<const Claim> claims, std::span<const ItemNo> items) override {
    std::vector<ClaimKey> keys;
    for (const auto& claim : claims) keys.emplace_back(claim.channel_no, claim.line_no, claim.token);
    lock(10, data_.claims, std::span<const ClaimKey>(keys), Hold::exclusive);
    if (!is_free(10)) lock_more(data_.items, items, Hold::exclusive);
  }
  bool others_write() const noexcept override { return others_write_; }
  void set_others_write() noexcept { others_write_ = true; }
  /// A fault that is made: rows of these ranks are not locked.
  void leave_out(std::set<int> ranks) { left_out_ = std::move(ranks); }

 private:
  /// Nothing is to be locked, or is not, though it should be.
  bool is_free(int rank) const { return !others_write_ || left_out_.count(rank) > 0; }
  void keep_order(int rank) {
    const bool next_page = rank == 1 && last_ == 1;  // of many clients
    if (rank <= last_ && !next_page) throw OutOfOrder(rank, last_);
    last_ = rank;
  }
  template <typename Key, typename Row>
  void lock(int rank, Table<Key, Row>& table, std::span<const Key> keys, Hold hold) {
    if (is_free(rank)) return;
    const auto is_held = [&](const Key& key) { return table.is_locked(key, hold == Hold::exclusive); };
    if (std::all_of(keys.begin(), keys.end(), is_held)) return;
    keep_order(rank);
    lock_more(table, keys, hold);
  }
  template <typename Key, typename Row>
  void lock_more(Table<Key, Row>& table, std::span<const Key> keys, Hold hold) {
    std::vector<Key> sorted(keys.begin(), keys.end());
    std::sort(sorted.begin(), sorted.end());
    for (const auto& key : sorted) table.lock(key, hold == Hold::exclusive);
  }
  /// Those that fit when they are looked for.
  template <typename Key, typename Row, typename Wanted>
  void lock_where(int rank, Table<Key, Row>& table, Hold hold, const Wanted& wanted) {
    if (is_free(rank)) return;
    keep_order(rank);
    for (const auto& one : table.rows([&](const Key&, const Row& row) { return wanted(row); }))
      table.lock(one.first, hold == Hold::exclusive);
  }
  template <typename Wanted>
  void lock_lines(const Wanted& wanted) {
    lock_where(6, data_.lines, Hold::exclusive, wanted);
  }

  Data& data_;
  int last_ = -1;
  std::set<int> left_out_;
  bool others_write_ = false;
};

}  // namespace test::memory
