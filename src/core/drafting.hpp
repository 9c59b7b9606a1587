// Drafts: choosing the clients, writing the text, looking before sending.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <bccast/error.hpp>
#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

class Drafting {
 public:
  explicit Drafting(Context& context) : context_(context) {}

  struct Created {
    bool existed = false;
    std::string blast;
  };
  Created create(std::string_view provider, std::string_view key);
  void discard(std::string_view provider, std::string_view blast);

  /// The last act on a client decides.
  enum class Act { select, deselect };
  void act(std::string_view provider, std::string_view blast, std::string_view client, Act act);
  std::vector<Code> act_many(std::string_view provider, std::string_view blast,
                             std::span<const std::string_view> ids, Act act);
  /// On everyone: forgets all earlier acts.
  void act_all(std::string_view provider, std::string_view blast, Act act);
  /// Selects the recipients of a sent blast, or those of them that fit the filter.
  void select_from(std::string_view provider, std::string_view blast, std::string_view from_blast,
                   std::string_view filter);

  void write(std::string_view provider, std::string_view blast, std::string_view text);
  /// Keys: deadline_ms.
  void set(std::string_view provider, std::string_view blast, std::string_view key, std::string_view value);
  Preview preview(std::string_view provider, std::string_view blast);
  /// Of a draft or a sent blast.
  BlastDetail get(std::string_view provider, std::string_view blast);
  /// Who of the roster would receive a draft, and who would not and why; in the order of the roster.
  Page<SelectionRow> selection(std::string_view provider, std::string_view blast, std::string_view filter,
                               std::string_view cursor, std::size_t limit);

 private:
  Context& context_;
};

}  // namespace bccast
