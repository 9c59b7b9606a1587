// How far blasts are: counts, and what became of each recipient.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <bccast/types.hpp>

#include "core/context.hpp"

namespace bccast {

class Progress {
 public:
  explicit Progress(Context& context) : context_(context) {}

  std::vector<StatusRow> status(std::string_view provider, std::string_view blast);
  Page<RecipientRow> recipients(std::string_view provider, std::string_view blast, std::string_view filter,
                                std::string_view cursor, std::size_t limit);
  /// Which of these clients have the blast.
  std::vector<FoundRow> find(std::string_view provider, std::string_view blast,
                             std::span<const std::string_view> ids);
  /// What happened to one client: a row for each channel; or one row, left_out, with the reason. Of a draft:
  /// what would.
  std::vector<RecipientRow> why(std::string_view provider, std::string_view blast, std::string_view client);
  Page<BlastSummary> list(std::string_view provider, std::string_view filter, std::string_view cursor,
                          std::size_t limit);
  std::vector<ChannelSummary> channels();

 private:
  StatusRow people(const Tables& tables, const Blast& blast, const std::vector<Line>& lines) const;
  BlastSummary summary_of(const Blast& blast, std::vector<Line> lines, const MarkCounts& counts) const;
  static void tell_what_is_left(const Line& line, const std::vector<Line>& lines, StatusRow& row);
  Context& context_;
};

}  // namespace bccast
