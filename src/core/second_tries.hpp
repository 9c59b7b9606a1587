// Sending again what failed, and what became of an item after it had ended.
#pragma once

#include <string_view>

#include <bccast/error.hpp>

#include "core/context.hpp"
#include "ports/notifier.hpp"

namespace bccast {

class SecondTries {
 public:
  explicit SecondTries(Context& context) : context_(context) {}

  /// All that failed of a blast, once more. How many items.
  std::int64_t retry_failed(std::string_view provider, std::string_view blast);
  /// exists: so it was.
  Code report(std::string_view item, const ItemOutcome& outcome);

 private:
  void require_may_retry(const Tables& tables, const Blast& blast, const Line& line) const;
  Code report_place(Tables& tables, const IdParts& parts, const ItemOutcome& outcome);
  Code report_notice(Tables& tables, const IdParts& parts, const ItemOutcome& outcome);
  Context& context_;
};

}  // namespace bccast
