// What is compared of rows: all that a store keeps of them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "model/handing_order.hpp"
#include "ports/store.hpp"

namespace test {

using bccast::Blast;
using bccast::Channel;
using bccast::ChannelWork;
using bccast::Claim;
using bccast::Client;
using bccast::Community;
using bccast::Event;
using bccast::Item;
using bccast::Line;
using bccast::Member;
using bccast::Membership;
using bccast::Message;
using bccast::Ms;
using bccast::Place;
using bccast::Provider;
using bccast::RosterEntry;
using bccast::RosterWork;
using bccast::Slice;
using bccast::Thread;

/// Beyond ASCII, with a byte of zero, with what SQL and patterns would take for their own.
inline const std::string kOddText = [] {
  constexpr char kBytes[] = "Zo\xc3\xab O'Neil \"%_\\\0 \xf0\x9f\x91\x8b";
  return std::string(kBytes, sizeof kBytes - 1);
}();
/// A time of today, beyond 32 bits.
inline constexpr Ms kNow = 1'790'000'000'000;

inline auto fields(const Provider& p) {
  return std::tie(p.no, p.id, p.name, p.locale, p.zone, p.addresses, p.archived_at);
}
inline auto fields(const RosterWork& w) {
  return std::tie(w.provider_no, w.next_place, w.next_blast, w.next_community, w.send_seq);
}
inline auto fields(const Client& c) {
  return std::tie(c.no, c.id, c.name, c.locale, c.zone, c.addresses, c.flags);
}
inline auto fields(const Membership& m) {
  return std::tie(m.provider_no, m.place, m.stored_seq);
}
inline auto fields(const RosterEntry& e) {
  return std::tuple_cat(std::tie(e.provider_no, e.place, e.flags, e.since), fields(e.client));
}
inline auto fields(const Blast& b) {
  return std::tie(b.provider_no, b.no, b.state, b.all_active, b.seq, b.activity, b.created_at, b.sent_at,
                  b.deadline_at, b.finished_at, b.recipients, b.open_lines, b.revision, b.deadline,
                  b.roster_size, b.key_hash, b.actor, b.sent_by, b.channels, b.hold, b.scheduled_at, b.digest,
                  b.missed_at, b.missed_reason, b.overdue, b.recalled_at, b.swept, b.purged);
}
inline auto fields(const Thread& t) {
  return std::tie(t.key, t.last_seq, t.last_at, t.activity, t.client_read, t.provider_read, t.client_unread,
                  t.provider_unread, t.opened_at, t.touched, t.replied);
}
inline auto fields(const Message& m) {
  return std::tie(m.seq, m.author, m.at, m.text, m.key_hash, m.actor, m.removed);
}
inline auto fields(const Community& c) {
  return std::tie(c.provider_no, c.no, c.title, c.max_members, c.created_at, c.actor);
}
inline auto fields(const Member& m) {
  return std::tie(m.place, m.first_seq, m.since, m.actor);
}
inline auto fields(const Event& e) {
  return std::tie(e.no, e.at, e.kind, e.provider_no, e.number, e.place);
}
inline auto fields(const Line& l) {
  return std::tie(l.no, l.provider_no, l.blast_no, l.channel_no, l.kind, l.turn, l.seq, l.slices,
                  l.order.places, l.order.kind, l.order.key, l.cursor, l.follows, l.limit, l.total, l.done,
                  l.failed, l.skipped, l.waiting, l.wake_from, l.open, l.paused, l.has_told_addresses);
}
inline auto fields(const Item& i) {
  return std::tie(i.no, i.provider_no, i.channel_no, i.line_no, i.thread, i.notice_no, i.begun_again, i.seq,
                  i.to_provider, i.at, i.state, i.attempts, i.due_at, i.reason, i.damaged);
}
inline auto fields(const Claim& c) {
  return std::tie(c.token, c.channel_no, c.line_no, c.from, c.to, c.lease_until, c.lease, c.tries);
}
inline auto fields(const Channel& c) {
  return std::tie(c.no, c.name, c.delivers, c.paused, c.removed, c.rate, c.concurrency, c.quiet_hours,
                  c.waits, c.fail_rule.percent, c.fail_rule.window, c.fail_rule.pauses);
}
inline auto fields(const ChannelWork& w) {
  return std::tie(w.channel_no, w.failures, w.failing_since, w.open_until, w.last_reason, w.items_turn,
                  w.worker_seen, w.bucket.tokens, w.bucket.at, w.window.attempts, w.window.failed,
                  w.window.reason, w.window.votes, w.window.seen, w.over_threshold, w.stopped);
}

template <typename Row>
bool same(const Row& a, const Row& b) {
  return fields(a) == fields(b);
}
template <typename Row>
bool same(const std::optional<Row>& a, const Row& b) {
  return a.has_value() && fields(*a) == fields(b);
}
template <typename Row>
bool same(const Row* a, const Row& b) {
  return a != nullptr && fields(*a) == fields(b);
}

template <typename... Places>
Slice slice_of_places(Places... places) {
  Slice slice;
  (slice.add(static_cast<std::uint16_t>(places)), ...);
  return slice;
}

/// One number of each row of a list, to be compared at once.
template <typename Rows, typename Member>
auto numbers(const Rows& rows, Member member) {
  std::vector<std::remove_cvref_t<decltype(rows[0].*member)>> all;
  for (const auto& row : rows) all.push_back(row.*member);
  return all;
}

}  // namespace test
