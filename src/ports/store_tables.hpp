// What the store knows of itself: whether it is held, and what it still owes.
#pragma once

#include <cstdint>
#include <optional>

#include "model/thread.hpp"

namespace bccast {

/// A debt: bytes were overwritten that were promised to be forgotten, and the log may still hold them.
/// Numbers ascend and are never used twice.
using DebtNo = std::int64_t;

/// Which tables of Unicode the indexes of names and of addresses go by, and how far those have been made anew
/// since they went by others. The indexes are right for all providers before `provider_no`; of that one they
/// have what stands at lower places than `place`, and nothing else. What is behind it is to be taken away.
struct Folding {
  std::int64_t version = 0;    // folding_version(); 0: it is not known
  ProviderNo provider_no = 0;  // 0: all is right
  std::int64_t place = 0;      // -1: what was indexed of the provider is to be taken away first

  bool under_way() const noexcept { return provider_no != 0; }
  friend bool operator==(const Folding&, const Folding&) = default;
};

using ActNo = std::int64_t;

/// An act in parts that are not all done: what it is about was decided in the transaction that wrote this.
struct ActInParts {
  enum class Kind : std::uint8_t { none = 0, recall = 1, pace = 2, provider_end = 3, channel_end = 4 };

  ActNo no = 0;
  Kind kind = Kind::none;
  ProviderNo provider_no = 0;
  std::int64_t number = 0;  // of the blast, or the channel
  std::int64_t stage = 0;   // the parts of which kind are next,
  std::int64_t next = 0;    // and from which on
  bool damaged = false;     // its row is: nothing of it is to be relied on but its number

  friend bool operator==(const ActInParts&, const ActInParts&) = default;
};

class StoreTables {
 public:
  virtual ~StoreTables() = default;

  /// Made by a backup, and not yet released: nothing is handed out.
  virtual bool held() const = 0;
  virtual void set_held(bool held) = 0;
  /// From now on it is not held. False: it was not.
  virtual bool release() = 0;

  /// A damaged row is one whose version is not known.
  virtual Folding folding() const = 0;
  virtual void set_folding(const Folding& folding) = 0;

  /// Written in the transaction that overwrites, so that no crash can come between.
  virtual void add_debt() = 0;
  virtual std::int64_t debts() const = 0;
  virtual std::optional<DebtNo> last_debt() const = 0;
  /// Those up to and including `last`: the log was emptied after they were committed.
  virtual void settle_debts(DebtNo last) = 0;

  /// REQUIRES: its number was drawn for it.
  virtual void add_act(const ActInParts& act) = 0;
  /// The first one, or that one.
  virtual std::optional<ActInParts> first_act() const = 0;
  virtual std::optional<ActInParts> act(ActNo no) const = 0;
  virtual void update_act(const ActInParts& act) = 0;
  virtual void delete_act(ActNo no) = 0;
};

}  // namespace bccast
