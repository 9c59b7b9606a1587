// Stores in which much of one kind is under way.
#pragma once

#include <memory>
#include <string>

#include "core/same_address.hpp"
#include "practice.hpp"

namespace test::beside {

/// One channel that notifies, and what can be done to a batch of it.
class OneChannel : public Scenario {
 protected:
  explicit OneChannel(Ms begin = 1'700'000'000'000);

  std::shared_ptr<Assignment> claim() { return host_.claim(1); }
  /// All that can be claimed, with this outcome.
  void tell_all(const ItemOutcome& outcome);
  /// Claimed, and not loaded.
  std::shared_ptr<Assignment> claim_many();
  void add_claims();
  void add_load(const std::shared_ptr<Assignment>& batch);
  /// Reports on a batch: as done, as failed and so on.
  void add_reports(const std::string& what, const std::shared_ptr<Assignment>& batch);
  void add_verbs_of_operators();
  void add_verbs_of_blast(const std::string& what, const std::string& blast);
};

/// Ann, Bob and Cid at one address.
class Families : public OneChannel {
 public:
  Families();
};

/// Places that wait for the end of quiet hours, and a batch that was put off because of them.
class QuietPractice : public OneChannel {
 public:
  QuietPractice();
};

/// Items of several lines and of single messages in one batch.
class Singles : public OneChannel {
 public:
  Singles();
};

/// A channel with a rate, and with so many claims at a time.
class Limits : public OneChannel {
 public:
  Limits();
};

/// A store that was made by a backup, and whose names are indexed anew.
class HeldAndIndexed : public OneChannel {
 public:
  HeldAndIndexed();
};

}  // namespace test::beside
