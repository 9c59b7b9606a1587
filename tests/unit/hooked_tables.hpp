// Tables that tell a hook of each call of a port before it is made: to count the calls, or to come between
// two.
#pragma once

#include <functional>
#include <memory>

#include "ports/store.hpp"

namespace bccast {

struct PortCall {
  enum Kind { reads, writes, locks };
  const char* name;
  Kind kind;
};
using PortHook = std::function<void(const PortCall&)>;

class HookedDirectory final : public DirectoryTables {
 public:
  HookedDirectory(DirectoryTables& to, const PortHook& hook) : to_(to), hook_(hook) {}

  std::optional<Provider> provider(std::string_view id) const override {
    return to_for("provider", PortCall::reads).provider(id);
  }
  std::optional<Provider> provider(ProviderNo no) const override {
    return to_for("provider", PortCall::reads).provider(no);
  }
  Found<ProviderNo, Provider> providers(std::span<const ProviderNo> nos) const override {
    return to_for("providers", PortCall::reads).providers(nos);
  }
  std::optional<ProviderNo> insert_provider(const Provider& provider) override {
    return to_for("insert_provider", PortCall::writes).insert_provider(provider);
  }
  void update_provider(const Provider& provider) override {
    to_for("update_provider", PortCall::writes).update_provider(provider);
  }
  Found<ProviderNo, RosterWork> roster_works(std::span<const ProviderNo> providers) const override {
    return to_for("roster_works", PortCall::reads).roster_works(providers);
  }
  void update_roster_work(const RosterWork& work) override {
    to_for("update_roster_work", PortCall::writes).update_roster_work(work);
  }
  std::optional<Client> client(std::string_view id) const override {
    return to_for("client", PortCall::reads).client(id);
  }
  std::optional<Client> client(ClientNo no) const override {
    return to_for("client", PortCall::reads).client(no);
  }
  Found<std::string_view, Client> clients(std::span<const std::string_view> ids) const override {
    return to_for("clients", PortCall::reads).clients(ids);
  }
  Found<ClientNo, Client> clients(std::span<const ClientNo> nos) const override {
    return to_for("clients", PortCall::reads).clients(nos);
  }
  std::vector<std::optional<ClientNo>> insert_clients(std::span<const Client> clients) override {
    return to_for("insert_clients", PortCall::writes).insert_clients(clients);
  }
  void update_clients(std::span<const Client> clients) override {
    to_for("update_clients", PortCall::writes).update_clients(clients);
  }
  void delete_client(ClientNo no) override { to_for("delete_client", PortCall::writes).delete_client(no); }
  std::optional<Membership> membership(ClientNo client, ProviderNo provider) const override {
    return to_for("membership", PortCall::reads).membership(client, provider);
  }
  std::vector<Membership> memberships(ClientNo client) const override {
    return to_for("memberships", PortCall::reads).memberships(client);
  }
  std::vector<HeldMembership> memberships(std::span<const ClientNo> clients, ProviderNo after,
                                          std::size_t limit) const override {
    return to_for("memberships", PortCall::reads).memberships(clients, after, limit);
  }
  std::vector<std::optional<Place>> insert_memberships(ProviderNo provider, std::span<const ClientNo> clients,
                                                       Place first, Seq stored_seq) override {
    return to_for("insert_memberships", PortCall::writes)
        .insert_memberships(provider, clients, first, stored_seq);
  }
  void set_stored_seqs(ClientNo client, std::span<const std::pair<ProviderNo, Seq>> seqs) override {
    to_for("set_stored_seqs", PortCall::writes).set_stored_seqs(client, seqs);
  }
  std::optional<Place> place_of(ProviderNo provider, std::string_view client_id) const override {
    return to_for("place_of", PortCall::reads).place_of(provider, client_id);
  }
  Found<std::string_view, Place> places_of(ProviderNo provider,
                                           std::span<const std::string_view> client_ids) const override {
    return to_for("places_of", PortCall::reads).places_of(provider, client_ids);
  }
  std::optional<RosterEntry> entry(ProviderNo provider, Place place) const override {
    return to_for("entry", PortCall::reads).entry(provider, place);
  }
  Found<RosterKey, RosterEntry> entries(std::span<const RosterKey> keys) const override {
    return to_for("entries", PortCall::reads).entries(keys);
  }
  void insert_entries(std::span<const RosterEntry> entries) override {
    to_for("insert_entries", PortCall::writes).insert_entries(entries);
  }
  void update_entries(std::span<const RosterEntry> entries) override {
    to_for("update_entries", PortCall::writes).update_entries(entries);
  }
  RosterPage scan(ProviderNo provider, Place begin, Place end, std::size_t limit) const override {
    return to_for("scan", PortCall::reads).scan(provider, begin, end, limit);
  }
  RosterPage scan(std::span<const RosterKey> places) const override {
    return to_for("scan", PortCall::reads).scan(places);
  }
  void insert_names(std::span<const NameRow> rows) override {
    to_for("insert_names", PortCall::writes).insert_names(rows);
  }
  void delete_names(std::span<const NameRow> rows) override {
    to_for("delete_names", PortCall::writes).delete_names(rows);
  }
  void forget_names(ProviderNo provider, Place place) override {
    to_for("forget_names", PortCall::writes).forget_names(provider, place);
  }
  std::vector<NamedPlace> names(ProviderNo provider, NameKind kind, std::optional<bool> archived,
                                std::string_view prefix, const std::optional<NamedPlace>& after,
                                std::size_t limit) const override {
    return to_for("names", PortCall::reads).names(provider, kind, archived, prefix, after, limit);
  }
  std::vector<SharedAddress> change_addresses(std::span<const AddressChange> changes) override {
    return to_for("change_addresses", PortCall::writes).change_addresses(changes);
  }
  std::vector<AddressRow> shared_places(ProviderNo provider, std::span<const AddressHash> hashes,
                                        std::optional<AddressRow> after, std::size_t limit) const override {
    return to_for("shared_places", PortCall::reads).shared_places(provider, hashes, after, limit);
  }
  std::vector<AddressRow> addresses(ProviderNo provider, std::optional<AddressHash> after,
                                    std::size_t limit) const override {
    return to_for("addresses", PortCall::reads).addresses(provider, after, limit);
  }
  std::vector<AddressRow> shared_addresses(ProviderNo provider, std::optional<AddressRow> after,
                                           std::size_t limit) const override {
    return to_for("shared_addresses", PortCall::reads).shared_addresses(provider, after, limit);
  }
  bool forget_indexes(ProviderNo provider, std::size_t most) override {
    return to_for("forget_indexes", PortCall::writes).forget_indexes(provider, most);
  }
  std::optional<ProviderNo> provider_after(ProviderNo no) const override {
    return to_for("provider_after", PortCall::reads).provider_after(no);
  }
  std::optional<Place> last_place(ProviderNo provider) const override {
    return to_for("last_place", PortCall::reads).last_place(provider);
  }
  std::vector<Provider> providers(std::string_view after, std::size_t limit) const override {
    return to_for("providers", PortCall::reads).providers(after, limit);
  }
  RosterSlice roster_slice(ProviderNo provider, SliceNo slice) const override {
    return to_for("roster_slice", PortCall::reads).roster_slice(provider, slice);
  }
  std::vector<RosterSlice> roster_slices(std::span<const RosterSliceKey> keys) const override {
    return to_for("roster_slices", PortCall::reads).roster_slices(keys);
  }
  void put_roster_slices(std::span<const std::pair<RosterSliceKey, RosterSlice>> slices) override {
    to_for("put_roster_slices", PortCall::writes).put_roster_slices(slices);
  }
  Slice address_slice(ProviderNo provider, SliceNo slice, std::string_view channel) const override {
    return to_for("address_slice", PortCall::reads).address_slice(provider, slice, channel);
  }
  std::vector<std::string> zones() const override { return to_for("zones", PortCall::reads).zones(); }
  std::vector<std::vector<std::string>> address_channels(
      std::span<const RosterSliceKey> slices) const override {
    return to_for("address_channels", PortCall::reads).address_channels(slices);
  }
  std::vector<Slice> address_slices(std::span<const AddressSliceKey> keys) const override {
    return to_for("address_slices", PortCall::reads).address_slices(keys);
  }
  void put_address_slices(std::span<const std::pair<AddressSliceKey, Slice>> slices) override {
    to_for("put_address_slices", PortCall::writes).put_address_slices(slices);
  }

 private:
  DirectoryTables& to_for(const char* name, PortCall::Kind kind) const {
    hook_(PortCall{name, kind});
    return to_;
  }

  DirectoryTables& to_;
  const PortHook& hook_;
};

class HookedBlasts final : public BlastTables {
 public:
  HookedBlasts(BlastTables& to, const PortHook& hook) : to_(to), hook_(hook) {}

  std::optional<Blast> blast(ProviderNo provider, BlastNo no) const override {
    return to_for("blast", PortCall::reads).blast(provider, no);
  }
  Found<BlastKey, Blast> blasts(std::span<const BlastKey> keys) const override {
    return to_for("blasts", PortCall::reads).blasts(keys);
  }
  std::optional<BlastNo> blast_by_key(ProviderNo provider, std::string_view key_hash) const override {
    return to_for("blast_by_key", PortCall::reads).blast_by_key(provider, key_hash);
  }
  std::vector<Blast> blasts(ProviderNo provider, BlastNo before, std::optional<BlastState> state,
                            std::size_t limit) const override {
    return to_for("blasts", PortCall::reads).blasts(provider, before, state, limit);
  }
  std::vector<BlastNo> blast_numbers(ProviderNo provider, BlastNo after, std::size_t limit) const override {
    return to_for("blast_numbers", PortCall::reads).blast_numbers(provider, after, limit);
  }
  void insert_blast(const Blast& blast) override {
    to_for("insert_blast", PortCall::writes).insert_blast(blast);
  }
  void update_blast(const Blast& blast) override {
    to_for("update_blast", PortCall::writes).update_blast(blast);
  }
  std::vector<Blast> unsent(ProviderNo provider) const override {
    return to_for("unsent", PortCall::reads).unsent(provider);
  }
  std::optional<BlastNo> unsent_from(ProviderNo provider, BlastNo from) const override {
    return to_for("unsent_from", PortCall::reads).unsent_from(provider, from);
  }
  Agenda agenda() const override { return to_for("agenda", PortCall::reads).agenda(); }
  std::optional<Blast> due_schedule(Ms now) const override {
    return to_for("due_schedule", PortCall::reads).due_schedule(now);
  }
  std::optional<Blast> due_deadline(Ms now) const override {
    return to_for("due_deadline", PortCall::reads).due_deadline(now);
  }
  std::vector<Blast> past_deadline(std::optional<ProviderNo> provider, Ms now, const DeadlinePosition& after,
                                   std::size_t limit) const override {
    return to_for("past_deadline", PortCall::reads).past_deadline(provider, now, after, limit);
  }
  std::optional<Blast> recall_to_sweep() const override {
    return to_for("recall_to_sweep", PortCall::reads).recall_to_sweep();
  }
  std::vector<bool> have_recalls_to_sweep(std::span<const ProviderNo> providers) const override {
    return to_for("have_recalls_to_sweep", PortCall::reads).have_recalls_to_sweep(providers);
  }
  std::vector<Blast> recalled_before(Ms before, std::size_t limit,
                                     std::exception_ptr& damaged) const override {
    return to_for("recalled_before", PortCall::reads).recalled_before(before, limit, damaged);
  }
  void delete_blast(ProviderNo provider, BlastNo no) override {
    to_for("delete_blast", PortCall::writes).delete_blast(provider, no);
  }
  std::optional<std::string> text(ProviderNo provider, BlastNo no) const override {
    return to_for("text", PortCall::reads).text(provider, no);
  }
  Found<BlastKey, std::string> texts(std::span<const BlastKey> keys) const override {
    return to_for("texts", PortCall::reads).texts(keys);
  }
  void put_text(ProviderNo provider, BlastNo no, std::string_view text) override {
    to_for("put_text", PortCall::writes).put_text(provider, no, text);
  }
  std::vector<DraftSlice> draft_slices(ProviderNo provider, BlastNo no,
                                       std::span<const SliceNo> slices) const override {
    return to_for("draft_slices", PortCall::reads).draft_slices(provider, no, slices);
  }
  std::vector<ChosenSlice> draft_slices(ProviderNo provider, BlastNo no, SliceNo from,
                                        std::size_t limit) const override {
    return to_for("draft_slices", PortCall::reads).draft_slices(provider, no, from, limit);
  }
  void put_draft_slices(ProviderNo provider, BlastNo no, std::span<const ChosenSlice> slices) override {
    to_for("put_draft_slices", PortCall::writes).put_draft_slices(provider, no, slices);
  }
  void delete_draft(ProviderNo provider, BlastNo no) override {
    to_for("delete_draft", PortCall::writes).delete_draft(provider, no);
  }
  void insert_audiences(ProviderNo provider, Seq seq, BlastNo no,
                        std::span<const AudienceOfSlice> slices) override {
    to_for("insert_audiences", PortCall::writes).insert_audiences(provider, seq, no, slices);
  }
  Audience audience(ProviderNo provider, SliceNo slice, Seq seq) const override {
    return to_for("audience", PortCall::reads).audience(provider, slice, seq);
  }
  std::vector<Slice> recipients(ProviderNo provider, Seq seq,
                                std::span<const SliceNo> slices) const override {
    return to_for("recipients", PortCall::reads).recipients(provider, seq, slices);
  }
  bool is_recipient(ProviderNo provider, Place place, Seq seq) const override {
    return to_for("is_recipient", PortCall::reads).is_recipient(provider, place, seq);
  }
  bool has_thread(ProviderNo provider, Place place, Seq seq) const override {
    return to_for("has_thread", PortCall::reads).has_thread(provider, place, seq);
  }
  Found<RecipientKey, bool> have_threads(std::span<const RecipientKey> keys) const override {
    return to_for("have_threads", PortCall::reads).have_threads(keys);
  }
  std::vector<Slice> kept(ProviderNo provider, Seq seq, std::span<const SliceNo> slices) const override {
    return to_for("kept", PortCall::reads).kept(provider, seq, slices);
  }
  bool has_kept(ProviderNo provider, SliceNo slice, Seq seq) const override {
    return to_for("has_kept", PortCall::reads).has_kept(provider, slice, seq);
  }
  void put_kept(ProviderNo provider, Seq seq, BlastNo no, std::span<const PlacesOfSlice> slices) override {
    to_for("put_kept", PortCall::writes).put_kept(provider, seq, no, slices);
  }
  std::vector<NewerBlast> newer_blasts(std::span<const NewerKey> places, std::size_t limit) const override {
    return to_for("newer_blasts", PortCall::reads).newer_blasts(places, limit);
  }
  void mark(ProviderNo provider, BlastNo no, MarkKind kind, Place place) override {
    to_for("mark", PortCall::writes).mark(provider, no, kind, place);
  }
  std::vector<Slice> marks(ProviderNo provider, BlastNo no, MarkKind kind,
                           std::span<const SliceNo> slices) const override {
    return to_for("marks", PortCall::reads).marks(provider, no, kind, slices);
  }
  Found<BlastKey, MarkCounts> mark_counts(std::span<const BlastKey> keys) const override {
    return to_for("mark_counts", PortCall::reads).mark_counts(keys);
  }

 private:
  BlastTables& to_for(const char* name, PortCall::Kind kind) const {
    hook_(PortCall{name, kind});
    return to_;
  }

  BlastTables& to_;
  const PortHook& hook_;
};

class HookedThreads final : public ThreadTables {
 public:
  HookedThreads(ThreadTables& to, const PortHook& hook) : to_(to), hook_(hook) {}

  std::optional<Thread> thread(const ThreadKey& key) const override {
    return to_for("thread", PortCall::reads).thread(key);
  }
  Found<ThreadKey, Thread> threads(std::span<const ThreadKey> keys) const override {
    return to_for("threads", PortCall::reads).threads(keys);
  }
  std::vector<bool> insert_threads(std::span<const Thread> threads) override {
    return to_for("insert_threads", PortCall::writes).insert_threads(threads);
  }
  void update_threads(std::span<const Thread> threads) override {
    to_for("update_threads", PortCall::writes).update_threads(threads);
  }
  std::vector<Thread> client_threads(std::span<const RosterKey> places, const ClientThreadPosition& after,
                                     bool unread, std::size_t limit) const override {
    return to_for("client_threads", PortCall::reads).client_threads(places, after, unread, limit);
  }
  std::vector<Thread> provider_threads(ProviderNo provider, const ThreadPosition* after, const Wanted& wanted,
                                       std::size_t limit) const override {
    return to_for("provider_threads", PortCall::reads).provider_threads(provider, after, wanted, limit);
  }
  std::vector<ThreadPosition> touched_places(ProviderNo provider, BlastNo blast, const ThreadPosition* after,
                                             std::size_t limit) const override {
    return to_for("touched_places", PortCall::reads).touched_places(provider, blast, after, limit);
  }
  Unread client_unread(std::span<const RosterKey> places) const override {
    return to_for("client_unread", PortCall::reads).client_unread(places);
  }
  Unread provider_unread(ProviderNo provider) const override {
    return to_for("provider_unread", PortCall::reads).provider_unread(provider);
  }
  void insert_message(const ThreadKey& thread, const Message& message) override {
    to_for("insert_message", PortCall::writes).insert_message(thread, message);
  }
  std::optional<Message> message(const ThreadKey& thread, std::int64_t seq) const override {
    return to_for("message", PortCall::reads).message(thread, seq);
  }
  std::optional<Message> message_by_key(const ThreadKey& thread, const Author& author,
                                        std::string_view key_hash) const override {
    return to_for("message_by_key", PortCall::reads).message_by_key(thread, author, key_hash);
  }
  Found<MessageKey, Message> messages(std::span<const MessageKey> keys) const override {
    return to_for("messages", PortCall::reads).messages(keys);
  }
  MessagePage messages(const ThreadKey& thread, std::int64_t from, bool ascending,
                       std::size_t limit) const override {
    return to_for("messages", PortCall::reads).messages(thread, from, ascending, limit);
  }
  MessagesOf messages_from(std::span<const MessagesFrom> threads, std::size_t limit) const override {
    return to_for("messages_from", PortCall::reads).messages_from(threads, limit);
  }
  std::int64_t count_for(const ThreadKey& thread, std::int64_t seq, const Author& reader) const override {
    return to_for("count_for", PortCall::reads).count_for(thread, seq, reader);
  }
  void remove_texts(ProviderNo provider, Place place) override {
    to_for("remove_texts", PortCall::writes).remove_texts(provider, place);
  }
  void delete_threads(std::span<const ThreadKey> keys) override {
    to_for("delete_threads", PortCall::writes).delete_threads(keys);
  }
  std::optional<ThreadKey> thread_bound_to(std::string_view host_ref) const override {
    return to_for("thread_bound_to", PortCall::reads).thread_bound_to(host_ref);
  }
  Bound put_host_ref(const ThreadKey& thread, std::string_view host_ref) override {
    return to_for("put_host_ref", PortCall::writes).put_host_ref(thread, host_ref);
  }
  bool delete_host_ref(const ThreadKey& thread) override {
    return to_for("delete_host_ref", PortCall::writes).delete_host_ref(thread);
  }
  void delete_host_refs(ProviderNo provider, Place place) override {
    to_for("delete_host_refs", PortCall::writes).delete_host_refs(provider, place);
  }

 private:
  ThreadTables& to_for(const char* name, PortCall::Kind kind) const {
    hook_(PortCall{name, kind});
    return to_;
  }

  ThreadTables& to_;
  const PortHook& hook_;
};

class HookedCommunities final : public CommunityTables {
 public:
  HookedCommunities(CommunityTables& to, const PortHook& hook) : to_(to), hook_(hook) {}

  std::optional<Community> community(ProviderNo provider, CommunityNo no) const override {
    return to_for("community", PortCall::reads).community(provider, no);
  }
  Found<ThreadKey, Community> communities(std::span<const ThreadKey> keys) const override {
    return to_for("communities", PortCall::reads).communities(keys);
  }
  std::vector<CommunityNo> communities(ProviderNo provider) const override {
    return to_for("communities", PortCall::reads).communities(provider);
  }
  void insert_community(const Community& community) override {
    to_for("insert_community", PortCall::writes).insert_community(community);
  }
  void update_community(const Community& community) override {
    to_for("update_community", PortCall::writes).update_community(community);
  }
  std::optional<Member> member(ProviderNo provider, CommunityNo no, Place place) const override {
    return to_for("member", PortCall::reads).member(provider, no, place);
  }
  std::vector<Member> members(ProviderNo provider, CommunityNo no) const override {
    return to_for("members", PortCall::reads).members(provider, no);
  }
  std::int64_t count_members(ProviderNo provider, CommunityNo no) const override {
    return to_for("count_members", PortCall::reads).count_members(provider, no);
  }
  Found<ThreadKey, Member> members(std::span<const ThreadKey> keys) const override {
    return to_for("members", PortCall::reads).members(keys);
  }
  std::vector<ThreadKey> memberships_of(std::span<const RosterKey> keys) const override {
    return to_for("memberships_of", PortCall::reads).memberships_of(keys);
  }
  void insert_members(ProviderNo provider, CommunityNo no, std::span<const Member> members) override {
    to_for("insert_members", PortCall::writes).insert_members(provider, no, members);
  }
  std::vector<bool> delete_members(std::span<const ThreadKey> keys) override {
    return to_for("delete_members", PortCall::writes).delete_members(keys);
  }

 private:
  CommunityTables& to_for(const char* name, PortCall::Kind kind) const {
    hook_(PortCall{name, kind});
    return to_;
  }

  CommunityTables& to_;
  const PortHook& hook_;
};

class HookedWork final : public WorkTables {
 public:
  HookedWork(WorkTables& to, const PortHook& hook) : to_(to), hook_(hook) {}

  std::vector<Channel> channels() const override { return to_for("channels", PortCall::reads).channels(); }
  std::optional<Channel> channel(std::string_view name) const override {
    return to_for("channel", PortCall::reads).channel(name);
  }
  std::optional<Channel> channel(ChannelNo no) const override {
    return to_for("channel", PortCall::reads).channel(no);
  }
  ChannelNo last_channel() const override { return to_for("last_channel", PortCall::reads).last_channel(); }
  bool insert_channel(const Channel& channel) override {
    return to_for("insert_channel", PortCall::writes).insert_channel(channel);
  }
  void update_channel(const Channel& channel) override {
    to_for("update_channel", PortCall::writes).update_channel(channel);
  }
  std::optional<ChannelWork> channel_work(ChannelNo no) const override {
    return to_for("channel_work", PortCall::reads).channel_work(no);
  }
  void update_channel_work(const ChannelWork& work) override {
    to_for("update_channel_work", PortCall::writes).update_channel_work(work);
  }
  void forget_reason_details() override {
    to_for("forget_reason_details", PortCall::writes).forget_reason_details();
  }
  void insert_line(const Line& line) override { to_for("insert_line", PortCall::writes).insert_line(line); }
  std::optional<Line> line(LineNo no) const override { return to_for("line", PortCall::reads).line(no); }
  Found<LineNo, Line> lines(std::span<const LineNo> nos) const override {
    return to_for("lines", PortCall::reads).lines(nos);
  }
  std::vector<Line> lines(ProviderNo provider, BlastNo blast) const override {
    return to_for("lines", PortCall::reads).lines(provider, blast);
  }
  Found<BlastKey, std::vector<Line>> lines_of(std::span<const BlastKey> blasts) const override {
    return to_for("lines_of", PortCall::reads).lines_of(blasts);
  }
  std::vector<Line> open_lines(ProviderNo provider) const override {
    return to_for("open_lines", PortCall::reads).open_lines(provider);
  }
  std::vector<Line> open_lines_of_channel(ChannelNo channel) const override {
    return to_for("open_lines_of_channel", PortCall::reads).open_lines_of_channel(channel);
  }
  std::vector<Line> sound_lines(ProviderNo provider, BlastNo blast) const override {
    return to_for("sound_lines", PortCall::reads).sound_lines(provider, blast);
  }
  std::vector<Line> sound_open_lines(ProviderNo provider) const override {
    return to_for("sound_open_lines", PortCall::reads).sound_open_lines(provider);
  }
  std::vector<Line> sound_open_lines_of_channel(ChannelNo channel) const override {
    return to_for("sound_open_lines_of_channel", PortCall::reads).sound_open_lines_of_channel(channel);
  }
  std::optional<Line> next_line(ChannelNo channel) const override {
    return to_for("next_line", PortCall::reads).next_line(channel);
  }
  std::int64_t last_turn(ChannelNo channel) const override {
    return to_for("last_turn", PortCall::reads).last_turn(channel);
  }
  void update_line(const Line& line) override { to_for("update_line", PortCall::writes).update_line(line); }
  std::int64_t pending(ChannelNo channel) const override {
    return to_for("pending", PortCall::reads).pending(channel);
  }
  std::vector<Slice> audience(const Line& line, std::span<const SliceNo> slices) const override {
    return to_for("audience", PortCall::reads).audience(line, slices);
  }
  WaitingPage waiting_places(std::span<const LineSlice> slices) const override {
    return to_for("waiting_places", PortCall::reads).waiting_places(slices);
  }
  std::vector<Slice> waiting(std::span<const WaitingKey> keys) const override {
    return to_for("waiting", PortCall::reads).waiting(keys);
  }
  void put_waiting_places(const Line& line, std::span<const WaitingPlaces> places) override {
    to_for("put_waiting_places", PortCall::writes).put_waiting_places(line, places);
  }
  std::optional<NextWaiting> next_waiting(ChannelNo channel, Ms now, Ms longest) const override {
    return to_for("next_waiting", PortCall::reads).next_waiting(channel, now, longest);
  }
  std::vector<Slice> skipped(std::span<const SkipKey> keys) const override {
    return to_for("skipped", PortCall::reads).skipped(keys);
  }
  void put_skipped(std::span<const std::pair<SkipKey, Slice>> skips) override {
    to_for("put_skipped", PortCall::writes).put_skipped(skips);
  }
  SkippedPage skips(const Line& line, std::span<const SliceNo> slices) const override {
    return to_for("skips", PortCall::reads).skips(line, slices);
  }
  Found<AddressOnLine, ToldAddress> told_addresses(std::span<const AddressOnLine> addresses) const override {
    return to_for("told_addresses", PortCall::reads).told_addresses(addresses);
  }
  std::vector<bool> insert_told_addresses(std::span<const ToldAddress> addresses) override {
    return to_for("insert_told_addresses", PortCall::writes).insert_told_addresses(addresses);
  }
  void put_told_addresses(std::span<const ToldAddress> addresses) override {
    to_for("put_told_addresses", PortCall::writes).put_told_addresses(addresses);
  }
  void mark_told(std::span<const ToldAddress> addresses) override {
    to_for("mark_told", PortCall::writes).mark_told(addresses);
  }
  void delete_told_addresses(std::span<const AddressOnLine> addresses) override {
    to_for("delete_told_addresses", PortCall::writes).delete_told_addresses(addresses);
  }
  std::optional<Line> line_to_forget() const override {
    return to_for("line_to_forget", PortCall::reads).line_to_forget();
  }
  std::vector<LineNo> lines_to_forget(ProviderNo provider) const override {
    return to_for("lines_to_forget", PortCall::reads).lines_to_forget(provider);
  }
  void forget_told_addresses(LineNo line, std::size_t most) override {
    to_for("forget_told_addresses", PortCall::writes).forget_told_addresses(line, most);
  }
  std::optional<LineNo> told_line_after(LineNo after) const override {
    return to_for("told_line_after", PortCall::reads).told_line_after(after);
  }
  std::optional<Claim> claim(const Claim& of) const override {
    return to_for("claim", PortCall::reads).claim(of);
  }
  std::optional<Claim> expired_claim(ChannelNo channel, Ms now, Ms longest,
                                     std::exception_ptr& damaged) const override {
    return to_for("expired_claim", PortCall::reads).expired_claim(channel, now, longest, damaged);
  }
  void insert_claims(std::span<const Claim> claims) override {
    to_for("insert_claims", PortCall::writes).insert_claims(claims);
  }
  void update_claims(std::span<const Claim> claims) override {
    to_for("update_claims", PortCall::writes).update_claims(claims);
  }
  Found<Token, Claim> claims(ChannelNo channel, std::span<const Token> tokens) const override {
    return to_for("claims", PortCall::reads).claims(channel, tokens);
  }
  void delete_claims(std::span<const Claim> claims) override {
    to_for("delete_claims", PortCall::writes).delete_claims(claims);
  }
  bool delete_claim(const Claim& of) override {
    return to_for("delete_claim", PortCall::writes).delete_claim(of);
  }
  std::vector<Claim> claims_of(const Line& line) const override {
    return to_for("claims_of", PortCall::reads).claims_of(line);
  }
  SoundClaims sound_claims_of(const Line& line) const override {
    return to_for("sound_claims_of", PortCall::reads).sound_claims_of(line);
  }
  std::int64_t claims_in_flight(ChannelNo channel, Ms now, Ms longest) const override {
    return to_for("claims_in_flight", PortCall::reads).claims_in_flight(channel, now, longest);
  }
  void delete_claims(ChannelNo channel) override {
    to_for("delete_claims", PortCall::writes).delete_claims(channel);
  }
  std::vector<Claim> item_claims(ChannelNo channel) const override {
    return to_for("item_claims", PortCall::reads).item_claims(channel);
  }
  SoundClaims sound_item_claims(ChannelNo channel) const override {
    return to_for("sound_item_claims", PortCall::reads).sound_item_claims(channel);
  }
  std::optional<Ms> next_lease_over(ChannelNo channel, Ms after) const override {
    return to_for("next_lease_over", PortCall::reads).next_lease_over(channel, after);
  }
  void insert_items(std::span<const Item> items) override {
    to_for("insert_items", PortCall::writes).insert_items(items);
  }
  std::vector<Item> due_items(ChannelNo channel, Ms now, Ms longest, std::size_t limit) const override {
    return to_for("due_items", PortCall::reads).due_items(channel, now, longest, limit);
  }
  std::vector<Item> items_of(const Token& token) const override {
    return to_for("items_of", PortCall::reads).items_of(token);
  }
  std::vector<Item> items_of(std::span<const Claim> claims) const override {
    return to_for("items_of", PortCall::reads).items_of(claims);
  }
  std::vector<HeldItem> items(std::span<const ItemNo> nos) const override {
    return to_for("items", PortCall::reads).items(nos);
  }
  void claim_items(std::span<const Item> items, std::span<const Token> tokens) override {
    to_for("claim_items", PortCall::writes).claim_items(items, tokens);
  }
  void claim_items(std::span<const Item> items, const Token& token) override {
    to_for("claim_items", PortCall::writes).claim_items(items, token);
  }
  void update_items(std::span<const Item> items) override {
    to_for("update_items", PortCall::writes).update_items(items);
  }
  void delete_items(std::span<const Item> items) override {
    to_for("delete_items", PortCall::writes).delete_items(items);
  }
  void delete_notices(ChannelNo channel) override {
    to_for("delete_notices", PortCall::writes).delete_notices(channel);
  }
  void delete_waiting_notices(ChannelNo channel, ProviderNo provider) override {
    to_for("delete_waiting_notices", PortCall::writes).delete_waiting_notices(channel, provider);
  }
  void forget_details(ProviderNo provider, Place place) override {
    to_for("forget_details", PortCall::writes).forget_details(provider, place);
  }
  std::optional<Item> item_of_notice(ChannelNo channel, ProviderNo provider,
                                     std::int64_t notice_no) const override {
    return to_for("item_of_notice", PortCall::reads).item_of_notice(channel, provider, notice_no);
  }
  ItemPage items_of_line(LineNo line, Place begin, Place end, std::size_t limit) const override {
    return to_for("items_of_line", PortCall::reads).items_of_line(line, begin, end, limit);
  }
  Found<NoticeKey, Item> items_of_notices(ChannelNo channel,
                                          std::span<const NoticeKey> notices) const override {
    return to_for("items_of_notices", PortCall::reads).items_of_notices(channel, notices);
  }
  std::vector<ItemAt> items_at(LineNo line, std::span<const Place> places) const override {
    return to_for("items_at", PortCall::reads).items_at(line, places);
  }
  ItemPage open_items_of_line(LineNo line, Place begin, std::size_t limit) override {
    return to_for("open_items_of_line", PortCall::writes).open_items_of_line(line, begin, limit);
  }
  std::vector<ItemSlice> item_slices(std::span<const LineSlice> slices) const override {
    return to_for("item_slices", PortCall::reads).item_slices(slices);
  }
  void park_items(LineNo line, bool parked) override {
    to_for("park_items", PortCall::writes).park_items(line, parked);
  }
  std::optional<Ms> next_item_due(ChannelNo channel) const override {
    return to_for("next_item_due", PortCall::reads).next_item_due(channel);
  }

 private:
  WorkTables& to_for(const char* name, PortCall::Kind kind) const {
    hook_(PortCall{name, kind});
    return to_;
  }

  WorkTables& to_;
  const PortHook& hook_;
};

class HookedEvents final : public EventTables {
 public:
  HookedEvents(EventTables& to, const PortHook& hook) : to_(to), hook_(hook) {}

  bool has_readers() const override { return to_for("has_readers", PortCall::reads).has_readers(); }
  std::optional<EventNo> acknowledged(std::string_view reader) const override {
    return to_for("acknowledged", PortCall::reads).acknowledged(reader);
  }
  void set_acknowledged(std::string_view reader, EventNo no) override {
    to_for("set_acknowledged", PortCall::writes).set_acknowledged(reader, no);
  }
  EventNo acknowledged_by_all() const override {
    return to_for("acknowledged_by_all", PortCall::reads).acknowledged_by_all();
  }
  EventNo last_event() const override { return to_for("last_event", PortCall::reads).last_event(); }
  void insert_event(const Event& event, Ms keep_since) override {
    to_for("insert_event", PortCall::writes).insert_event(event, keep_since);
  }
  bool has_unnumbered() const override { return to_for("has_unnumbered", PortCall::reads).has_unnumbered(); }
  bool number_events(std::size_t most) override {
    return to_for("number_events", PortCall::writes).number_events(most);
  }
  std::vector<Event> events(EventNo after, Ms since, std::size_t limit) const override {
    return to_for("events", PortCall::reads).events(after, since, limit);
  }
  void forget_up_to(EventNo no) override { to_for("forget_up_to", PortCall::writes).forget_up_to(no); }
  void forget_client(std::int64_t client_no) override {
    to_for("forget_client", PortCall::writes).forget_client(client_no);
  }

 private:
  EventTables& to_for(const char* name, PortCall::Kind kind) const {
    hook_(PortCall{name, kind});
    return to_;
  }

  EventTables& to_;
  const PortHook& hook_;
};

class HookedStoreTables final : public StoreTables {
 public:
  HookedStoreTables(StoreTables& to, const PortHook& hook) : to_(to), hook_(hook) {}

  bool held() const override { return to_for("held", PortCall::reads).held(); }
  void set_held(bool held) override { to_for("set_held", PortCall::writes).set_held(held); }
  bool release() override { return to_for("release", PortCall::writes).release(); }
  Folding folding() const override { return to_for("folding", PortCall::reads).folding(); }
  void set_folding(const Folding& folding) override {
    to_for("set_folding", PortCall::writes).set_folding(folding);
  }
  void add_debt() override { to_for("add_debt", PortCall::writes).add_debt(); }
  std::int64_t debts() const override { return to_for("debts", PortCall::reads).debts(); }
  std::optional<DebtNo> last_debt() const override {
    return to_for("last_debt", PortCall::reads).last_debt();
  }
  void settle_debts(DebtNo last) override { to_for("settle_debts", PortCall::writes).settle_debts(last); }
  void add_act(const ActInParts& act) override { to_for("add_act", PortCall::writes).add_act(act); }
  std::optional<ActInParts> first_act() const override {
    return to_for("first_act", PortCall::reads).first_act();
  }
  std::optional<ActInParts> act(ActNo no) const override { return to_for("act", PortCall::reads).act(no); }
  void update_act(const ActInParts& act) override { to_for("update_act", PortCall::writes).update_act(act); }
  void delete_act(ActNo no) override { to_for("delete_act", PortCall::writes).delete_act(no); }

 private:
  StoreTables& to_for(const char* name, PortCall::Kind kind) const {
    hook_(PortCall{name, kind});
    return to_;
  }

  StoreTables& to_;
  const PortHook& hook_;
};

class HookedNumbers final : public NumberTables {
 public:
  HookedNumbers(NumberTables& to, const PortHook& hook) : to_(to), hook_(hook) {}

  std::int64_t next(NumberKind kind, std::int64_t count) override {
    hook_(PortCall{"next", PortCall::writes});
    return to_.next(kind, count);
  }

 private:
  NumberTables& to_;
  const PortHook& hook_;
};

class HookedLocks final : public Locks {
 public:
  HookedLocks(Locks& to, const PortHook& hook) : to_(to), hook_(hook) {}

  void act(ActNo no) override { to_for("lock act").act(no); }
  void clients(std::span<const std::string_view> ids, Hold hold) override {
    to_for("lock clients").clients(ids, hold);
  }
  void provider(std::string_view id, Hold hold) override { to_for("lock provider").provider(id, hold); }
  void providers(std::span<const ProviderNo> nos, Hold hold) override {
    to_for("lock providers").providers(nos, hold);
  }
  void rosters(std::span<const ProviderNo> nos) override { to_for("lock rosters").rosters(nos); }
  void channels(Hold hold) override { to_for("lock channels").channels(hold); }
  void channel(std::string_view name, Hold hold) override { to_for("lock channel").channel(name, hold); }
  void channel(ChannelNo no, Hold hold) override { to_for("lock channel").channel(no, hold); }
  void channel_work(ChannelNo no) override { to_for("lock channel_work").channel_work(no); }
  void all_channel_work() override { to_for("lock all_channel_work").all_channel_work(); }
  void lines(std::span<const LineNo> nos, std::span<const BlastKey> all_of) override {
    to_for("lock lines").lines(nos, all_of);
  }
  void open_lines_of_channel(ChannelNo channel) override {
    to_for("lock open_lines_of_channel").open_lines_of_channel(channel);
  }
  void told_lines(std::span<const ProviderNo> providers) override {
    to_for("lock told_lines").told_lines(providers);
  }
  void blasts(std::span<const BlastKey> keys, Hold hold) override {
    to_for("lock blasts").blasts(keys, hold);
  }
  void community(ProviderNo provider, CommunityNo no, Hold hold) override {
    to_for("lock community").community(provider, no, hold);
  }
  void threads(std::span<const ThreadKey> keys) override { to_for("lock threads").threads(keys); }
  void singles(std::span<const Claim> claims, std::span<const ItemNo> items) override {
    to_for("lock singles").singles(claims, items);
  }
  bool others_write() const noexcept override { return to_.others_write(); }

 private:
  Locks& to_for(const char* name) const {
    hook_(PortCall{name, PortCall::locks});
    return to_;
  }

  Locks& to_;
  const PortHook& hook_;
};

/// All tables of one transaction; `hook` outlives it.
class HookedTables : public Tables {
 public:
  HookedTables(Tables& to, const PortHook& hook)
      : directory_(to.directory(), hook),
        blasts_(to.blasts(), hook),
        threads_(to.threads(), hook),
        communities_(to.communities(), hook),
        work_(to.work(), hook),
        events_(to.events(), hook),
        store_(to.store(), hook),
        numbers_(to.numbers(), hook),
        lock_(to.lock(), hook),
        to_(to),
        hook_(hook) {}
  /// Only to be used as const Tables.
  HookedTables(const Tables& to, const PortHook& hook) : HookedTables(const_cast<Tables&>(to), hook) {}

  Locks& lock() override { return lock_; }
  DirectoryTables& directory() override { return directory_; }
  BlastTables& blasts() override { return blasts_; }
  ThreadTables& threads() override { return threads_; }
  CommunityTables& communities() override { return communities_; }
  WorkTables& work() override { return work_; }
  EventTables& events() override { return events_; }
  StoreTables& store() override { return store_; }
  NumberTables& numbers() override { return numbers_; }
  const DirectoryTables& directory() const override { return directory_; }
  const BlastTables& blasts() const override { return blasts_; }
  const ThreadTables& threads() const override { return threads_; }
  const CommunityTables& communities() const override { return communities_; }
  const WorkTables& work() const override { return work_; }
  const EventTables& events() const override { return events_; }
  const StoreTables& store() const override { return store_; }
  const Tables& peek() const noexcept override {
    if (&to_.peek() == &to_) return *this;
    if (!peek_) peek_ = std::make_unique<HookedTables>(to_.peek(), hook_);
    return *peek_;
  }

 private:
  HookedDirectory directory_;
  HookedBlasts blasts_;
  HookedThreads threads_;
  HookedCommunities communities_;
  HookedWork work_;
  HookedEvents events_;
  HookedStoreTables store_;
  HookedNumbers numbers_;
  HookedLocks lock_;
  const Tables& to_;
  const PortHook& hook_;
  mutable std::unique_ptr<HookedTables> peek_;
};

}  // namespace bccast
