// Locks: what a transaction keeps others from changing until it has ended.
#pragma once

#include <span>
#include <string_view>

#include "ports/blast_tables.hpp"
#include "ports/community_tables.hpp"
#include "ports/directory_tables.hpp"
#include "ports/store_tables.hpp"
#include "ports/thread_tables.hpp"
#include "ports/work_tables.hpp"

namespace bccast {

/// Shared: others may hold the row so, too, and nobody changes it. A transaction that holds a row shared must
/// not change it: two who did would wait for each other.
enum class Hold { shared, exclusive };

/// Locks rows, each until the transaction ends. What was read of them before may have been changed meanwhile,
/// and serves at most to choose what is locked; what is read after it is what it is until the end. A row that
/// is not there is not locked. Nothing is returned, so that a lock need not be a round trip of its own: it
/// may go out together with whatever is read next.
///
/// Ranks are locked in the order of their numbers, each in one call, with all that the work will need of it:
/// so no two transactions wait for each other (docs/design.md, "What a server needs of the ports"). A store
/// with one writer at a time has nothing to lock (NoLocks).
class Locks {
 public:
  virtual ~Locks() = default;

  /// Rank 0: an act in parts, exclusively.
  virtual void act(ActNo no) = 0;

  /// Rank 1: clients, with their memberships. Many may be locked page by page.
  virtual void clients(std::span<const std::string_view> ids, Hold hold) = 0;

  /// Rank 2: providers: what is set of them, and whether they are archived.
  virtual void provider(std::string_view id, Hold hold) = 0;
  virtual void providers(std::span<const ProviderNo> nos, Hold hold) = 0;

  /// Rank 3: what is counted on rosters, exclusively; with their entries, names, addresses and bitmaps.
  virtual void rosters(std::span<const ProviderNo> nos) = 0;

  /// Rank 4: what is set of channels: of all of them, or of one.
  virtual void channels(Hold hold) = 0;
  virtual void channel(std::string_view name, Hold hold) = 0;
  virtual void channel(ChannelNo no, Hold hold) = 0;

  /// Rank 5: what comes of working a channel, exclusively: who claims, and whether it works.
  virtual void channel_work(ChannelNo no) = 0;
  virtual void all_channel_work() = 0;

  /// Rank 6: lines, exclusively, with their claims, items, and who waits, was left out, was told.
  /// These, and all of these blasts.
  virtual void lines(std::span<const LineNo> nos, std::span<const BlastKey> all_of) = 0;
  /// Those of a channel that are open.
  virtual void open_lines_of_channel(ChannelNo channel) = 0;
  /// Of these providers' blasts those that are open, or keep who was told at which address.
  virtual void told_lines(std::span<const ProviderNo> providers) = 0;

  /// Rank 7: blasts, with their drafts, or communities, with their members.
  virtual void blasts(std::span<const BlastKey> keys, Hold hold) = 0;
  virtual void community(ProviderNo provider, CommunityNo no, Hold hold) = 0;

  /// Rank 8: threads, exclusively, with their messages.
  virtual void threads(std::span<const ThreadKey> keys) = 0;

  /// Rank 10: claims and items of single messages, exclusively. (Those of a line go with it.)
  virtual void singles(std::span<const Claim> claims, std::span<const ItemNo> items) = 0;

  /// Others may write between two calls. If not, what was read once need not be read again after its lock.
  virtual bool others_write() const noexcept { return true; }
};

/// Of a store in which one transaction writes at a time, and nobody else from its beginning on.
class NoLocks final : public Locks {
 public:
  void act(ActNo) override {}
  void clients(std::span<const std::string_view>, Hold) override {}
  void provider(std::string_view, Hold) override {}
  void providers(std::span<const ProviderNo>, Hold) override {}
  void rosters(std::span<const ProviderNo>) override {}
  void channels(Hold) override {}
  void channel(std::string_view, Hold) override {}
  void channel(ChannelNo, Hold) override {}
  void channel_work(ChannelNo) override {}
  void all_channel_work() override {}
  void lines(std::span<const LineNo>, std::span<const BlastKey>) override {}
  void open_lines_of_channel(ChannelNo) override {}
  void told_lines(std::span<const ProviderNo>) override {}
  void blasts(std::span<const BlastKey>, Hold) override {}
  void community(ProviderNo, CommunityNo, Hold) override {}
  void threads(std::span<const ThreadKey>) override {}
  void singles(std::span<const Claim>, std::span<const ItemNo>) override {}
  bool others_write() const noexcept override { return false; }
};

}  // namespace bccast
