// Faults planted between the library and the model, to see that the checks find them.
#pragma once

#include <array>

namespace sim {

enum class Plant {
  none,
  drop_notification,
  double_notification,
  change_item_id,
  finished_early,
  lost_recipient,
  foreign_thread,
  lost_send,
  stale_report_counts,
  orphan_left,
  foreign_is_told_apart,
  touched_looks_different,
  blast_looks_different,
  unsound_store,
  recalled_is_shown,
  recalled_is_told,
  paused_is_told,
  schedule_is_lost,
  sent_early,
  overdue_not_said,
  overdue_said_twice,
  overdue_not_listed,
  hold_is_ignored,
  digest_is_ignored,
  address_told_twice,
  left_out_for_nobody,
  rate_is_ignored,
  concurrency_is_ignored,
  quiet_is_told,
  held_is_told,
};

struct Planted {
  Plant plant;
  const char* name;
  const char* found_by;  // the check that must find it
};

inline constexpr std::array<Planted, 29> kPlanted{{
    {Plant::drop_notification, "drop_notification", "R2"},
    {Plant::double_notification, "double_notification", "R2"},
    {Plant::change_item_id, "change_item_id", "R2"},
    {Plant::finished_early, "finished_early", "R5"},
    {Plant::lost_recipient, "lost_recipient", "R1"},
    {Plant::foreign_thread, "foreign_thread", "R1"},
    {Plant::lost_send, "lost_send", "R1"},
    {Plant::stale_report_counts, "stale_report_counts", "R3"},
    {Plant::orphan_left, "orphan_left", "R4"},
    {Plant::foreign_is_told_apart, "foreign_is_told_apart", "P4"},
    {Plant::touched_looks_different, "touched_looks_different", "P5"},
    {Plant::blast_looks_different, "blast_looks_different", "P11"},
    {Plant::unsound_store, "unsound_store", "verify"},
    {Plant::recalled_is_shown, "recalled_is_shown", "P8"},
    {Plant::recalled_is_told, "recalled_is_told", "P8"},
    {Plant::paused_is_told, "paused_is_told", "P8"},
    {Plant::schedule_is_lost, "schedule_is_lost", "R11"},
    {Plant::sent_early, "sent_early", "R11"},
    {Plant::overdue_not_said, "overdue_not_said", "events"},
    {Plant::overdue_said_twice, "overdue_said_twice", "events"},
    {Plant::overdue_not_listed, "overdue_not_listed", "overdue"},
    {Plant::hold_is_ignored, "hold_is_ignored", "R11"},
    {Plant::digest_is_ignored, "digest_is_ignored", "code"},
    {Plant::address_told_twice, "address_told_twice", "P12"},
    {Plant::left_out_for_nobody, "left_out_for_nobody", "P12"},
    {Plant::rate_is_ignored, "rate_is_ignored", "rate"},
    {Plant::concurrency_is_ignored, "concurrency_is_ignored", "concurrency"},
    {Plant::quiet_is_told, "quiet_is_told", "quiet"},
    {Plant::held_is_told, "held_is_told", "R19"},
}};

}  // namespace sim
