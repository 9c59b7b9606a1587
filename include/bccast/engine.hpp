// bccast for C++20: the same functions as the C API (capi/include/bccast/bccast.h), which is their manual;
// here are only the differences. Source-stable, not ABI-stable: link the static library bccast::core built by
// the same compiler.
//
// Errors are thrown as bccast::Error. What the C API answers with BCCAST_EXISTS is returned as Code::exists
// or a flag; columns are spans of views. Filters and cursors may be "".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bccast/error.hpp>
#include <bccast/types.hpp>

namespace bccast {

/// The version of the library, such as "0.1.0".
const char* version() noexcept;

/// Puts a copy of `backup` at `path`, in place of the store there, which nobody may have open.
void restore(std::string_view backup, std::string_view path);

class Clock;
class BatchControl;
class Deliverer;
class NoticeBatch;
class Notifier;
class Queue;
struct Delivery;

/// One notification, borrowed: valid while the notifier runs.
struct Notice {
  std::string id;  // 32 letters, the same at every attempt
  bool to_provider = false;
  std::string_view to;  // the host's id
  std::string_view address;
  std::string_view to_name;
  std::string thread;
  std::int64_t at_ms = 0;
  std::string_view locale;
};

enum class NoticeStatus { done = 0, retry = 1, failed = 2, skipped = 3, not_tried = 4 };

/// The batch a notifier is given.
class Notices {
 public:
  explicit Notices(NoticeBatch& batch) : batch_(batch) {}
  std::size_t size() const noexcept;
  Notice at(std::size_t i) const;
  /// What became of notice i; not set: done. `retry_after_ms`: at most a day; -1: as the library's schedule
  /// says.
  void set(std::size_t i, NoticeStatus status, std::string_view reason = {},
           std::int64_t retry_after_ms = -1);

 private:
  NoticeBatch& batch_;
};

/// What a deliverer is told of an item besides. Borrowed.
struct MessageNotice {
  std::string_view provider;
  std::string_view provider_name;
  std::string_view client;  // of a private thread
  std::string_view kind;    // of the thread
  std::string_view title;
  std::int64_t seq = 0;
  std::string_view author;
  std::string_view author_name;
  std::string_view text;  // none when it is to be taken back
};

/// The batch a deliverer is given.
class Deliveries : public Notices {
 public:
  Deliveries(NoticeBatch& batch, const Delivery& delivery) : Notices(batch), delivery_(delivery) {}
  MessageNotice message(std::size_t i) const;

 private:
  const Delivery& delivery_;
};

/// How to open a store.
class Options {
 public:
  /// One key of bccast_config_set; throws Error: not_found, argument.
  void set(std::string_view key, std::string_view value);
  /// Attaches a notifier to a channel: called on the thread that pumps, with no lock held. False, or an
  /// exception: the whole batch again later. Throws Error(conflict) when the channel has one already.
  void notifier(std::string_view channel, std::function<bool(Notices&)> notify);
  /// The same for a deliverer. `retract` takes back what was delivered of a blast that was recalled; empty:
  /// it stays where it is.
  void deliverer(std::string_view channel, std::function<bool(Deliveries&)> deliver,
                 std::function<bool(Deliveries&)> retract = {});

  /// The keys of set().
  struct Key {
    const char* key;
    const char* type;
    const char* fallback;
    const char* help;
  };
  static std::span<const Key> keys() noexcept;

  // For the C API, which brings its own kinds.
  void notifier(std::string_view channel, std::shared_ptr<Notifier> notifier);
  void deliverer(std::string_view channel, std::shared_ptr<Deliverer> deliverer);
  /// Rung besides the engine's own. Throws Error(conflict) when there is one.
  void queue(std::shared_ptr<Queue> queue);
  void clock(std::shared_ptr<Clock> clock) { clock_ = std::move(clock); }
  /// Forgets the handlers, the queue and the clock: an engine has taken them over.
  void release_parts() noexcept;

 private:
  friend class Engine;
  std::string get(std::string_view key) const;
  void check_free(std::string_view channel) const;
  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::shared_ptr<Notifier>, std::less<>> notifiers_;
  std::map<std::string, std::shared_ptr<Deliverer>, std::less<>> deliverers_;
  std::shared_ptr<Queue> queue_;
  std::shared_ptr<Clock> clock_;
};

/// An open store. All functions may be called from any thread at once.
class Engine {
 public:
  /// Throws Error; see bccast_open.
  explicit Engine(std::string_view url, Options options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// The same store, with the person behind the provider (an assistant, a cover) written into what it does.
  /// The store is closed with the last of these.
  std::unique_ptr<Engine> as(std::string_view actor) const;

  // Directory
  void provider_put(std::string_view provider, std::string_view display_name);
  void provider_set(std::string_view provider, std::string_view key, std::string_view value);
  Code provider_archive(std::string_view provider);
  Code provider_restore(std::string_view provider);
  void client_put(std::string_view client, std::optional<std::string_view> display_name,
                  std::optional<std::string_view> address);
  std::vector<Code> client_put_many(std::span<const std::string_view> ids,
                                    std::span<const std::string_view> names,
                                    std::span<const std::string_view> addresses);
  void client_set(std::string_view client, std::string_view key, std::string_view value);
  Code client_archive(std::string_view client);
  Code client_restore(std::string_view client);
  Code roster_add(std::string_view provider, std::string_view client);
  std::vector<Code> roster_add_many(std::string_view provider, std::span<const std::string_view> ids);
  std::vector<Code> roster_add_archived_many(std::string_view provider,
                                             std::span<const std::string_view> ids);
  void roster_set(std::string_view provider, std::string_view client, std::string_view key,
                  std::string_view value);
  Code roster_archive(std::string_view provider, std::string_view client);
  std::vector<Code> roster_archive_many(std::string_view provider, std::span<const std::string_view> ids);
  Code roster_restore(std::string_view provider, std::string_view client);
  Page<ProviderRow> provider_list(std::string_view cursor = {}, std::size_t limit = 0);
  ProviderRow provider_get(std::string_view provider);
  ClientRow client_get(std::string_view client);
  Page<ExportRow> client_export(std::string_view client, std::string_view cursor = {}, std::size_t limit = 0);
  /// False: erased, but somebody reads an older state, and the store's log keeps the bytes so long.
  bool client_erase(std::string_view client);
  Page<RosterRow> provider_roster(std::string_view provider, std::string_view filter = {},
                                  std::string_view cursor = {}, std::size_t limit = 0);
  RosterCount roster_count(std::string_view provider);

  // Blasts
  struct Created {
    bool existed = false;
    std::string blast;
  };
  Created blast_create(std::string_view provider, std::string_view key = {});
  void blast_discard(std::string_view provider, std::string_view blast);
  void blast_select(std::string_view provider, std::string_view blast, std::string_view client);
  void blast_deselect(std::string_view provider, std::string_view blast, std::string_view client);
  std::vector<Code> blast_select_many(std::string_view provider, std::string_view blast,
                                      std::span<const std::string_view> ids);
  std::vector<Code> blast_deselect_many(std::string_view provider, std::string_view blast,
                                        std::span<const std::string_view> ids);
  void blast_select_all_active(std::string_view provider, std::string_view blast);
  void blast_select_none(std::string_view provider, std::string_view blast);
  void blast_select_from(std::string_view provider, std::string_view blast, std::string_view from_blast,
                         std::string_view filter = {});
  void blast_write(std::string_view provider, std::string_view blast, std::string_view text);
  void blast_set(std::string_view provider, std::string_view blast, std::string_view key,
                 std::string_view value);
  BlastDetail blast_get(std::string_view provider, std::string_view blast);
  Page<SelectionRow> blast_selection(std::string_view provider, std::string_view blast,
                                     std::string_view filter = {}, std::string_view cursor = {},
                                     std::size_t limit = 0);
  Preview blast_preview(std::string_view provider, std::string_view blast);
  Code blast_send(std::string_view provider, std::string_view blast, std::string_view digest = {});
  void blast_schedule(std::string_view provider, std::string_view blast, std::int64_t at_ms,
                      std::string_view digest = {});
  Code blast_unschedule(std::string_view provider, std::string_view blast);
  Code blast_pause(std::string_view provider, std::string_view blast);
  Code blast_resume(std::string_view provider, std::string_view blast);
  Code blast_recall(std::string_view provider, std::string_view blast);
  /// What was overwritten, and whether its bytes are out of the store's log as well.
  struct Purged {
    Code code = Code::ok;  // exists: it was purged before
    std::int64_t count = 0;
    bool emptied = true;
  };
  Purged blast_purge(std::string_view provider, std::string_view blast);
  std::vector<StatusRow> blast_status(std::string_view provider, std::string_view blast);
  Page<RecipientRow> blast_recipients(std::string_view provider, std::string_view blast,
                                      std::string_view filter = {}, std::string_view cursor = {},
                                      std::size_t limit = 0);
  std::vector<FoundRow> blast_find(std::string_view provider, std::string_view blast,
                                   std::span<const std::string_view> ids);
  std::vector<RecipientRow> blast_why(std::string_view provider, std::string_view blast,
                                      std::string_view client);
  Page<BlastSummary> blast_list(std::string_view provider, std::string_view filter = {},
                                std::string_view cursor = {}, std::size_t limit = 0);

  // Threads
  Page<ThreadSummary> client_threads(std::string_view client, std::string_view filter = {},
                                     std::string_view cursor = {}, std::size_t limit = 0);
  Page<MessageView> client_messages(std::string_view client, std::string_view thread,
                                    std::int64_t from_seq = 0, int direction = 1, std::size_t limit = 0);
  Written client_reply(std::string_view client, std::string_view thread, std::string_view text,
                       std::string_view key = {});
  void client_read(std::string_view client, std::string_view thread, std::int64_t up_to_seq);
  UnreadCount client_unread(std::string_view client);
  std::vector<FellowRow> client_members(std::string_view client, std::string_view thread);
  std::string provider_direct(std::string_view provider, std::string_view client);
  Page<ThreadSummary> provider_threads(std::string_view provider, std::string_view filter = {},
                                       std::string_view cursor = {}, std::size_t limit = 0);
  Page<MessageView> provider_messages(std::string_view provider, std::string_view thread,
                                      std::int64_t from_seq = 0, int direction = 1, std::size_t limit = 0);
  Written provider_reply(std::string_view provider, std::string_view thread, std::string_view text,
                         std::string_view key = {});
  void provider_read(std::string_view provider, std::string_view thread, std::int64_t up_to_seq);
  UnreadCount provider_unread(std::string_view provider);

  // Communities
  std::string provider_community(std::string_view provider, std::string_view title);
  void community_set(std::string_view provider, std::string_view thread, std::string_view key,
                     std::string_view value);
  Code community_add(std::string_view provider, std::string_view thread, std::string_view client);
  std::vector<Code> community_add_many(std::string_view provider, std::string_view thread,
                                       std::span<const std::string_view> ids);
  void community_remove(std::string_view provider, std::string_view thread, std::string_view client);
  std::vector<MemberRow> provider_members(std::string_view provider, std::string_view thread);

  // Threads and the host's own
  Code thread_bind(std::string_view thread, std::string_view host_ref);
  std::string thread_find(std::string_view host_ref);

  // Channels and work
  Code channel_put(std::string_view channel, std::string_view role = "notify");
  void channel_set(std::string_view channel, std::string_view key, std::string_view value);
  Code channel_remove(std::string_view channel);
  std::vector<ChannelSummary> channel_list();
  Pumped pump(std::uint32_t max_items = 0, std::uint32_t budget_us = 0);
  std::int64_t next_ms();
  int fd();
  /// False: the time has passed.
  bool wait(std::int64_t timeout_ms);
  void wake();
  void start(std::uint32_t threads);
  /// False: not within the time.
  bool stop(std::int64_t timeout_ms);
  /// How many threads were started.
  std::uint32_t threads();
  /// Null: nothing is due. What is not completed is given back with the last reference.
  std::shared_ptr<BatchControl> claim(std::string_view channel, std::uint32_t max_items = 0);
  /// How many items.
  std::int64_t blast_retry_failed(std::string_view provider, std::string_view blast);
  Code report(std::string_view item, NoticeStatus status, std::string_view reason = {});
  /// Stores reports of pump that could not be stored so far; throws when they still cannot. The destructor
  /// does not.
  void finish();

  // Events
  std::vector<EventRow> events(std::string_view reader, std::size_t limit = 0);
  Code events_ack(std::string_view reader, std::string_view event);

  // Operation
  /// `provider` empty: of all.
  Page<OverdueRow> overdue(std::string_view provider = {}, std::string_view cursor = {},
                           std::size_t limit = 0);
  Purged purge(std::int64_t before_ms);
  std::vector<FindingRow> verify();
  /// `path`: of a file, which must not be there. partial: it is made, but rows of the store are damaged.
  Code backup(const std::string& path);
  /// exists: it was not held.
  Code release();
  StoreStatus store_status();
  /// False: moved, but the log could not be emptied: somebody reads an older state.
  bool checkpoint();
  /// True on a thread that is inside one of this engine's handlers.
  bool handling() const noexcept;
  /// No other handle (as()) is on the same store.
  bool is_last() const noexcept;

 private:
  void refuse_inside(const char* what) const;

  struct Parts;
  struct Session;
  Engine(std::shared_ptr<Session> session, std::string_view actor);
  std::shared_ptr<Session> session_;  // of all handles on the store; its threads end with the last
  Parts* parts_;
  std::string actor_;  // the person behind the provider; empty: the provider
};

}  // namespace bccast
