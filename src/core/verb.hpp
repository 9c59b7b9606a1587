// What changes the store, by name: each transaction of core is one of these (Context::write). What has to
// happen around a transaction has its place there, once, and asks here what it was.
#pragma once

#include <cstdint>
#include <string_view>

namespace bccast {

struct VerbKind {
  enum class Leaves : std::uint8_t {
    nothing,        // nobody has more to do than before
    work,           // there may be something to hand out: who waits for work is rung
    as_result_says  // if its result has leaves_work(), and says so
  };
  /// Of a call: its function of the C API, without bccast_. Of what the library does by itself: a word of
  /// those, or of the agenda, behind "own:".
  std::string_view name;
  Leaves leaves = Leaves::nothing;
};

/// One of them, done by somebody to something.
struct Verb {
  std::string_view actor;  // the person behind the caller; empty: not known, or the library by itself
  VerbKind kind;
  std::string_view object;  // the public id, or the host's, of what it is done to; empty: to the store, or
                            // to what has no such id
};

namespace verb {

inline constexpr auto kWork = VerbKind::Leaves::work;

inline constexpr VerbKind provider_put{"directory_provider_put"};
inline constexpr VerbKind provider_set{"directory_provider_set"};
inline constexpr VerbKind provider_archive{"directory_provider_archive"};
inline constexpr VerbKind provider_restore{"directory_provider_restore"};
inline constexpr VerbKind client_put{"directory_client_put_many"};
inline constexpr VerbKind client_set{"directory_client_set"};
inline constexpr VerbKind client_archive{"directory_client_archive"};
inline constexpr VerbKind client_restore{"directory_client_restore"};
inline constexpr VerbKind client_erase{"directory_client_erase", kWork};
inline constexpr VerbKind roster_add{"directory_roster_add_many"};
inline constexpr VerbKind roster_set{"directory_roster_set"};
inline constexpr VerbKind roster_archive{"directory_roster_archive"};
inline constexpr VerbKind roster_restore{"directory_roster_restore"};

inline constexpr VerbKind channel_put{"channel_put"};
inline constexpr VerbKind channel_set{"channel_set", kWork};
inline constexpr VerbKind channel_remove{"channel_remove", kWork};

inline constexpr VerbKind blast_create{"blast_create"};
inline constexpr VerbKind blast_discard{"blast_discard"};
inline constexpr VerbKind blast_select{"blast_select"};
inline constexpr VerbKind blast_deselect{"blast_deselect"};
inline constexpr VerbKind blast_select_all_active{"blast_select_all_active"};
inline constexpr VerbKind blast_select_none{"blast_select_none"};
inline constexpr VerbKind blast_select_from{"blast_select_from"};
inline constexpr VerbKind blast_write{"blast_write"};
inline constexpr VerbKind blast_set{"blast_set"};
inline constexpr VerbKind blast_send{"blast_send", kWork};
inline constexpr VerbKind blast_schedule{"blast_schedule", kWork};
inline constexpr VerbKind blast_unschedule{"blast_unschedule"};
inline constexpr VerbKind blast_pause{"blast_pause"};
inline constexpr VerbKind blast_resume{"blast_resume", kWork};
inline constexpr VerbKind blast_recall{"blast_recall", kWork};
inline constexpr VerbKind blast_purge{"blast_purge", kWork};
inline constexpr VerbKind blast_retry_failed{"blast_retry_failed", kWork};

inline constexpr VerbKind client_reply{"client_reply", kWork};
inline constexpr VerbKind client_read{"client_read"};
inline constexpr VerbKind provider_reply{"provider_reply", kWork};
inline constexpr VerbKind provider_read{"provider_read"};
inline constexpr VerbKind provider_community{"provider_community"};
inline constexpr VerbKind community_set{"provider_community_set"};
inline constexpr VerbKind community_add{"provider_community_add_many"};
inline constexpr VerbKind community_remove{"provider_community_remove"};
inline constexpr VerbKind thread_bind{"thread_bind"};

inline constexpr VerbKind claim{"claim", VerbKind::Leaves::as_result_says};
inline constexpr VerbKind batch_complete{"batch_complete", kWork};
inline constexpr VerbKind batch_extend{"batch_extend"};
inline constexpr VerbKind batch_free{"batch_free", kWork};
inline constexpr VerbKind report{"report", kWork};
inline constexpr VerbKind pump{"pump", VerbKind::Leaves::as_result_says};

inline constexpr VerbKind events{"events"};
inline constexpr VerbKind events_ack{"events_ack"};
inline constexpr VerbKind purge{"operate_purge", kWork};
inline constexpr VerbKind release{"operate_release", kWork};

// What the library does by itself.
inline constexpr VerbKind send_due{"own:send_due", kWork};
inline constexpr VerbKind say_overdue{"own:say_overdue"};
inline constexpr VerbKind say_clock_stepped{"own:say_clock_stepped"};
inline constexpr VerbKind say_log_pinned{"own:say_log_pinned"};
inline constexpr VerbKind finish_act{"own:finish_act", kWork};
inline constexpr VerbKind sweep{"own:sweep"};
inline constexpr VerbKind forget_addresses{"own:forget_addresses"};
inline constexpr VerbKind settle_debts{"own:settle_debts"};
inline constexpr VerbKind index{"own:index", kWork};

}  // namespace verb
}  // namespace bccast
