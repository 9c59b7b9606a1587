// Plain values of the C++ interface: what the engine answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bccast {

/// A page of a list. `next` continues it; empty: this was the last.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;
};

struct RosterCount {
  std::int64_t active = 0;
  std::int64_t archived = 0;
};

struct MessageView {
  std::int64_t seq = 0;
  std::string author;
  std::string author_name;
  std::string text;
  std::int64_t at_ms = 0;
  bool removed = false;
  std::string actor;  // who wrote for the provider; shown to the provider alone
};

/// One row of bccast_provider_roster.
struct RosterRow {
  std::string client;
  std::string client_name;
  std::string state;
  std::optional<std::int64_t> chosen;  // by the draft, where one was named
  std::string contact;
  std::int64_t since_ms = 0;  // in this state
};

/// One row of bccast_directory_provider_list.
struct ProviderRow {
  std::string provider;
  std::string provider_name;
  std::string locale;
  std::string timezone;
  std::string address;
  std::int64_t clients = 0;
  bool archived = false;
};

/// One row of bccast_directory_client_get.
struct ClientRow {
  std::string client;
  std::string client_name;
  std::string locale;
  std::string timezone;
  bool archived = false;
  bool chat = true;
  bool notify = true;
  std::string address;
  std::int64_t rosters = 0;
};

/// What sending a draft now would do (bccast_blast_preview).
struct Preview {
  std::int64_t recipients = 0;
  std::int64_t archived = 0;
  std::int64_t off = 0;
  std::int64_t not_on_roster = 0;
  std::int64_t no_address = 0;
  std::int64_t deselected = 0;
  std::string digest;
};

/// A blast as a whole (bccast_blast_get).
struct BlastDetail {
  std::string blast;
  std::string state;
  std::string text;
  bool all_active = false;
  std::int64_t picked = 0;
  std::int64_t deselected = 0;
  std::int64_t recipients = 0;
  std::int64_t created_at_ms = 0;
  std::optional<std::int64_t> sent_at_ms;
  std::optional<std::int64_t> deadline_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::int64_t deadline_ms = 0;
  std::int64_t revision = 0;
  std::string actor;
  std::string sent_by;
  std::string channels;
  std::int64_t hold_ms = 0;
  std::optional<std::int64_t> scheduled_at_ms;
  std::optional<std::int64_t> missed_at_ms;
  std::string missed_reason;
  std::optional<std::int64_t> recalled_at_ms;
  bool purged = false;
};

/// The store as it is (bccast_operate_status).
struct StoreStatus {
  bool held = false;
  std::int64_t debts = 0;  // erasures and purges whose bytes may still stand in the log
  bool indexing = false;   // names and addresses are being indexed anew: nothing is handed out
};

/// One row of bccast_operate_overdue.
struct OverdueRow {
  std::string provider;
  std::string blast;
  std::string state;
  std::int64_t recipients = 0;
  std::int64_t pending = 0;
  std::int64_t deferred = 0;
  std::int64_t deadline_ms = 0;
  std::string why;
  std::optional<std::int64_t> left_ms;
};

/// One row of bccast_blast_selection.
struct SelectionRow {
  std::string client;
  std::string client_name;
  bool chosen = false;
  std::string reason;  // why not
};

/// One row of bccast_blast_find.
struct FoundRow {
  std::string client;
  std::string thread;
};

/// Unread threads and messages of one side.
struct UnreadCount {
  std::int64_t threads = 0;
  std::int64_t messages = 0;
};

/// One row of bccast_blast_status.
struct StatusRow {
  std::string channel;  // empty: the row that counts people
  std::string state;
  std::int64_t recipients = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t skipped = 0;
  std::int64_t deferred = 0;
  std::int64_t pending = 0;
  std::optional<std::int64_t> opened;
  std::optional<std::int64_t> replied;
  std::optional<std::int64_t> sent_at_ms;
  std::optional<std::int64_t> deadline_ms;
  bool overdue = false;
  std::string why;
  std::optional<std::int64_t> left_ms;
  std::optional<std::int64_t> removed;    // of a recalled blast
  std::optional<std::int64_t> on_device;  // of a recalled blast
};

/// One row of bccast_blast_recipients.
struct RecipientRow {
  std::string client;
  std::string client_name;
  std::string thread;
  std::string channel;  // empty: there are no channels
  std::string state;
  std::string reason;
  std::int64_t attempts = 0;
  std::optional<std::int64_t> next_at_ms;
  std::optional<std::int64_t> opened_at_ms;
  bool replied = false;
};

/// One row of bccast_blast_list.
struct BlastSummary {
  std::string blast;
  std::string state;
  std::int64_t created_at_ms = 0;
  std::optional<std::int64_t> sent_at_ms;
  std::int64_t recipients = 0;
  bool key_given = false;
  std::string actor;
  std::string sent_by;
  std::string text;
  std::optional<std::int64_t> done;  // people; nothing of these four: it is on several channels
  std::optional<std::int64_t> failed;
  std::optional<std::int64_t> skipped;
  std::optional<std::int64_t> pending;
  std::int64_t opened = 0;
  std::int64_t replied = 0;
};

/// A thread in a list: a client's (provider set) or a provider's (client and blast set).
struct ThreadSummary {
  std::string thread;
  std::string provider;
  std::string provider_name;
  std::string client;
  std::string client_name;
  std::string kind;
  std::string title;
  std::string blast;
  std::int64_t unread = 0;
  std::int64_t read_seq = 0;  // whose list it is has read up to this message
  std::int64_t last_at_ms = 0;
  std::string last_text;
  bool removed = false;
  std::string last_author;
  std::string last_author_name;
  std::string last_actor;  // a provider's alone
  bool closed = false;     // a client's alone: nobody can write there any more
};

/// A member of a community, as its provider is shown it.
struct MemberRow {
  std::string client;
  std::string client_name;
  std::string member;  // what the other members see as its id
  std::int64_t since_ms = 0;
  std::string actor;
};

/// A member of a community, as another member is shown it.
struct FellowRow {
  std::string member;
  std::string member_name;
  std::int64_t since_ms = 0;
  bool me = false;
};

/// One row of bccast_directory_client_export: a setting (record "profile") or a message.
struct ExportRow {
  std::string record;
  std::string name;
  std::string thread;
  std::string provider;
  std::string provider_name;
  std::string kind;
  std::string title;
  std::optional<std::int64_t> seq;
  std::string author;
  std::string author_name;
  std::string text;
  std::optional<std::int64_t> at_ms;
  bool removed = false;
};

/// What writing a message gave.
struct Written {
  bool existed = false;  // the key was used before: the first message stands
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
};

struct ChannelSummary {
  std::string channel;
  std::string role;
  bool paused = false;
  std::optional<std::int64_t> failing_since_ms;
  std::string last_reason;
  std::int64_t pending = 0;
  std::optional<std::int64_t> worker_seen_ms;
  std::string rate;  // items a second, decimal; "": no limit
  std::optional<std::int64_t> concurrency;
  std::int64_t fail_percent = 0;
  std::int64_t fail_window = 0;
  std::string fail_action;
  std::string quiet_hours;  // "21:00-08:00"; "": none
  std::optional<std::int64_t> due_at_ms;
  std::string unknown_zones;  // "Mars/Olympus,Moon/Tycho"; "": none, or no quiet hours
};

struct FindingRow {
  std::string kind;
  std::string object;
  std::string detail;
};

/// One row of bccast_events.
struct EventRow {
  std::string event;
  std::string provider;
  std::string kind;
  std::string object;
  std::int64_t at_ms = 0;
};

/// What a call of pump did.
struct Pumped {
  bool more = false;          // stopped by a limit: something is due now
  std::uint64_t done = 0;     // notifications that ended
  std::int64_t next_ms = -1;  // in how many milliseconds something is due; -1: nothing known
};

}  // namespace bccast
