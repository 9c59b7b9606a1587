// A host for tests, over the C API alone: a store in a temporary folder, a clock that stands still until it
// is moved, and a notifier that records what it is given and answers as the test says.
//
//     test::Host host;
//     host.provider("lee");
//     host.clients("lee", {"ana", "ben"});
//     const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
//     host.pump();
//     CHECK(host.notifier.to("ana").size() == 1);
//     CHECK(host.threads("ana")[0].text("last_text") == "Good morning");
//     CHECK(test::call(bccast_blast_send, host, "lee", blast, nullptr).code == BCCAST_EXISTS);
//
// What a member function of Host asks for must succeed: it throws, and so fails the test, when it does not.
// What may fail is called with test::call, which gives the code, the message and the rows.
#pragma once

#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace test {

// ---- Rows

struct Cell {
  std::string column;
  std::int32_t type = 0;  // BCCAST_TYPE_*
  bool null = false;
  std::string value;  // a number in decimal

  bool operator==(const Cell&) const = default;
};

struct Row {
  std::vector<Cell> cells;

  const Cell& cell(std::string_view column) const {
    const auto found = std::ranges::find(cells, column, &Cell::column);
    if (found == cells.end()) throw std::logic_error("no column " + std::string(column));
    return *found;
  }
  const std::string& text(std::string_view column) const { return of_type(column, BCCAST_TYPE_TEXT); }
  std::int64_t number(std::string_view column) const { return std::stoll(of_type(column, BCCAST_TYPE_I64)); }
  bool null(std::string_view column) const { return cell(column).null; }

  bool operator==(const Row&) const = default;

 private:
  const std::string& of_type(std::string_view column, std::int32_t type) const {
    const auto& found = cell(column);
    if (found.type != type) throw std::logic_error("column " + std::string(column) + " is of the other type");
    return found.value;
  }
};

inline std::ostream& operator<<(std::ostream& out, const Row& row) {
  for (const auto& cell : row.cells) {
    out << (&cell == &row.cells.front() ? "" : " ") << cell.column << "=";
    if (cell.null) {
      out << "NULL";
    } else {
      out << cell.value.substr(0, 200);
    }
  }
  return out;
}

/// A copy of a bccast_rows. Columns are known also when there are no rows.
struct Rows {
  std::vector<std::pair<std::string, std::int32_t>> columns;
  std::vector<Row> rows;
  std::string next;  // the cursor; "": this was the last page

  std::size_t size() const { return rows.size(); }
  bool empty() const { return rows.empty(); }
  const Row& operator[](std::size_t i) const { return rows.at(i); }
  auto begin() const { return rows.begin(); }
  auto end() const { return rows.end(); }
  /// The row whose `column` is `value`; there must be just one.
  const Row& where(std::string_view column, std::string_view value) const {
    const Row* found = nullptr;
    for (const auto& row : rows) {
      if (row.cell(column).value != value) continue;
      if (found != nullptr)
        throw std::logic_error("two rows with " + std::string(column) + "=" + std::string(value));
      found = &row;
    }
    if (found == nullptr)
      throw std::logic_error("no row with " + std::string(column) + "=" + std::string(value));
    return *found;
  }
  std::vector<std::string> column(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& row : rows) values.push_back(row.cell(name).value);
    return values;
  }

  bool operator==(const Rows&) const = default;
};

inline Rows copy_rows(const bccast_rows* from) {
  Rows to;
  for (std::size_t c = 0; c < bccast_rows_columns(from); ++c)
    to.columns.emplace_back(bccast_rows_name(from, c), bccast_rows_type(from, c));
  for (std::size_t r = 0; r < bccast_rows_count(from); ++r) {
    Row row;
    for (std::size_t c = 0; c < to.columns.size(); ++c) {
      Cell cell{to.columns[c].first, to.columns[c].second, false, {}};
      std::int64_t number = 0;
      const char* text = nullptr;
      std::size_t length = 0;
      const bool is_number = cell.type == BCCAST_TYPE_I64;
      const auto code = is_number ? bccast_rows_i64_at(from, r, c, &number)
                                  : bccast_rows_text_at(from, r, c, &text, &length);
      if (code < 0) throw std::logic_error("a cell cannot be read");
      cell.null = code == BCCAST_NULL;
      cell.value = is_number ? std::to_string(number) : std::string(text, length);
      row.cells.push_back(std::move(cell));
    }
    to.rows.push_back(std::move(row));
  }
  if (const char* next = bccast_rows_next(from)) to.next = next;
  return to;
}

// ---- Calls

struct Answer {
  std::int32_t code = 0;
  std::string message;
  Rows rows{};  // of functions that give rows

  bool operator==(const Answer&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  return out << bccast_code_name(answer.code) << " (" << answer.message << ")";
}

/// What is given for a parameter: std::string for const char*, a Host for its engine, any integer for any
/// other.
template <typename Parameter, typename Given>
Parameter as(Given& given) {
  if constexpr (std::is_same_v<std::remove_const_t<Given>, std::string>) {
    return given.c_str();
  } else if constexpr (std::is_integral_v<Parameter>) {
    return static_cast<Parameter>(given);
  } else {
    return given;
  }
}

/// Calls a function of the C API. Leave out a last parameter of rows: they are in the answer.
template <typename... Parameters, typename... Given>
Answer call(std::int32_t (*function)(Parameters...), Given&&... given) {
  const auto begin_with = [&]<std::size_t... I>(std::index_sequence<I...>, auto... rest) {
    return function(as<std::tuple_element_t<I, std::tuple<Parameters...>>>(given)..., rest...);
  };
  Answer answer;
  if constexpr (sizeof...(Parameters) == sizeof...(Given) + 1) {
    bccast_rows* rows = nullptr;
    answer.code = begin_with(std::index_sequence_for<Given...>(), &rows);
    answer.message = bccast_error_message();
    if ((answer.code >= 0) != (rows != nullptr)) throw std::logic_error("rows and code do not go together");
    answer.rows = copy_rows(rows);
    bccast_rows_free(rows);
  } else {
    answer.code = begin_with(std::index_sequence_for<Given...>());
    answer.message = bccast_error_message();
  }
  return answer;
}

/// The same for what must succeed, and for each item of a _many call.
template <typename... Parameters, typename... Given>
Answer must(std::int32_t (*function)(Parameters...), Given&&... given) {
  auto answer = call(function, given...);
  if (answer.code < 0 || answer.code == BCCAST_PARTIAL)
    throw std::runtime_error(bccast_code_name(answer.code) + (": " + answer.message));
  return answer;
}

/// All rows of a list, page by page; page(cursor) gives one, the first for NULL.
template <typename Page>
Rows all_pages(Page page) {
  Rows all;
  do {
    Rows more = page(all.next.empty() ? nullptr : all.next.c_str());
    all.columns = std::move(more.columns);
    all.next = std::move(more.next);
    std::ranges::move(more.rows, std::back_inserter(all.rows));
  } while (!all.next.empty());
  return all;
}

/// Texts as the columns of the _many functions.
struct Column {
  explicit Column(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      bytes += text;
      offsets.push_back(bytes.size());
    }
  }
  std::string bytes;
  std::vector<std::uint64_t> offsets{0};
};

// ---- What the host brings

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "bccast-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Stands still until it is moved; may be moved from any thread.
class Clock {
 public:
  static constexpr std::int64_t kStart = 1'700'000'000'000;  // a whole second

  std::int64_t now_ms() const { return wall_ms_; }
  void advance(std::int64_t ms) {
    wall_ms_ += ms;
    if (ms > 0) monotonic_us_ += ms * 1000;
  }
  /// The wall clock is set, and no time passes.
  void step(std::int64_t ms) { wall_ms_ += ms; }

  void attach(bccast_config* config) {
    const bccast_clock_vtbl vtbl{
        sizeof(bccast_clock_vtbl), 0, [](void* self) { return static_cast<Clock*>(self)->wall_ms_.load(); },
        [](void* self) { return static_cast<Clock*>(self)->monotonic_us_.load(); }, nullptr};
    must(bccast_config_clock, config, &vtbl, this);
  }

 private:
  std::atomic<std::int64_t> wall_ms_{kStart};
  std::atomic<std::int64_t> monotonic_us_{0};
};

/// A notification as a notifier was given it.
struct Notice {
  std::string channel;
  std::size_t batch = 0;  // the how-manieth call, from 0
  Row row;

  const std::string& to() const { return row.text("to"); }
  const std::string& id() const { return row.text("id"); }
  const std::string& thread() const { return row.text("thread"); }
};

struct Outcome {
  std::int32_t status = BCCAST_ITEM_DONE;
  std::string reason{};
  std::int64_t retry_after_ms = -1;
};

/// Records everything; what becomes of it is up to the functions, which are called on the thread that pumps.
class Notifier {
 public:
  std::function<Outcome(const Notice&)> each;                     // none: all is done
  std::function<std::int32_t(const std::vector<Notice>&)> whole;  // the result of a batch; none: BCCAST_OK

  std::vector<Notice> all() const {
    const std::lock_guard lock(mutex_);
    return notices_;
  }
  std::vector<Notice> to(std::string_view person) const {
    auto notices = all();
    std::erase_if(notices, [&](const Notice& notice) { return notice.to() != person; });
    return notices;
  }
  std::size_t batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    notices_.clear();
    batches_ = 0;
  }

  void attach(bccast_config* config, const std::string& channel) {
    ways_.push_back(std::make_unique<Way>(Way{this, channel}));
    const bccast_notifier_vtbl vtbl{sizeof(bccast_notifier_vtbl), 0,
                                    [](void* self, bccast_batch* batch) {
                                      const auto* way = static_cast<Way*>(self);
                                      return way->notifier->notify(way->channel, batch);
                                    },
                                    nullptr};
    must(bccast_config_notifier, config, channel, &vtbl, ways_.back().get());
  }

 private:
  struct Way {
    Notifier* notifier;
    std::string channel;
  };

  std::int32_t notify(const std::string& channel, bccast_batch* batch) {
    const Rows rows = copy_rows(bccast_batch_rows(batch));
    std::vector<Notice> notices;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& row : rows) notices.push_back({channel, batches_, row});
      notices_.insert(notices_.end(), notices.begin(), notices.end());
      ++batches_;
    }
    for (std::size_t i = 0; each && i < notices.size(); ++i) {
      const auto outcome = each(notices[i]);
      if (bccast_batch_set(batch, i, outcome.status, outcome.reason.c_str(), outcome.retry_after_ms) < 0)
        return BCCAST_E_INTERNAL;
    }
    return whole ? whole(notices) : BCCAST_OK;
  }

  mutable std::mutex mutex_;
  std::vector<Notice> notices_;
  std::size_t batches_ = 0;
  std::vector<std::unique_ptr<Way>> ways_;
};

// ---- The host

struct Setup;

class Host {
 public:
  Host();
  explicit Host(const Setup& setup);
  ~Host() { bccast_close(engine_, 0); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  operator bccast_engine*() const { return engine_; }  // NOLINT: a host stands for its engine in calls
  std::string store_path() const { return (place_->folder.path() / "store.db").string(); }
  /// Every byte of the store: its file and the two beside it. (Closing them drops this process's locks on
  /// them: not while another process works on the store.)
  std::string stored() const {
    std::string bytes;
    for (const auto* suffix : {"", "-wal", "-shm"}) {
      std::ifstream file(store_path() + suffix, std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(file), {});
    }
    return bytes;
  }

  /// As after the end of the process and its start.
  void restart() {
    must(bccast_close, std::exchange(engine_, nullptr), 0);
    open();
  }

  // The directory. The name of "ana" is "Name of ana", her address ana@example.org.
  static std::string name_of(const std::string& id) { return "Name of " + id; }
  static std::string address_of(const std::string& id) { return id + "@example.org"; }
  void provider(const std::string& id) {
    must(bccast_directory_provider_put, engine_, id, name_of(id));
    must(bccast_directory_provider_set, engine_, id, "address.email", address_of(id));
  }
  /// Makes them, unless they are there, and puts them on the provider's roster.
  void clients(const std::string& provider, const std::vector<std::string>& ids) {
    std::vector<std::string> names;
    std::vector<std::string> addresses;
    for (const auto& id : ids) {
      names.push_back(name_of(id));
      addresses.push_back(address_of(id));
    }
    const Column id_column(ids);
    const Column name_column(names);
    const Column address_column(addresses);
    must(bccast_directory_client_put_many, engine_, ids.size(), id_column.bytes, id_column.offsets.data(),
         name_column.bytes, name_column.offsets.data(), address_column.bytes, address_column.offsets.data(),
         nullptr);
    must(bccast_directory_roster_add_many, engine_, provider, ids.size(), id_column.bytes,
         id_column.offsets.data(), nullptr);
  }
  void archive(const std::string& provider, const std::string& client) {
    must(bccast_directory_roster_archive, engine_, provider, client);
  }
  void restore(const std::string& provider, const std::string& client) {
    must(bccast_directory_roster_restore, engine_, provider, client);
  }
  void archive_provider(const std::string& provider) {
    must(bccast_directory_provider_archive, engine_, provider);
  }
  void restore_provider(const std::string& provider) {
    must(bccast_directory_provider_restore, engine_, provider);
  }
  /// For good, and from the files too.
  void erase(const std::string& client) { must(bccast_directory_client_erase, engine_, client); }
  /// All of it, whatever the pages.
  Rows exported(const std::string& client) const {
    return all_pages([&](const char* cursor) {
      return must(bccast_directory_client_export, engine_, client, cursor, BCCAST_MAX_LIST).rows;
    });
  }

  // Blasts.
  std::string draft(const std::string& provider, const std::vector<std::string>& clients = {}) {
    char blast[BCCAST_ID_SIZE];
    must(bccast_blast_create, engine_, provider, nullptr, blast);
    const Column ids(clients);
    if (!clients.empty())
      must(bccast_blast_select_many, engine_, provider, blast, clients.size(), ids.bytes, ids.offsets.data(),
           nullptr);
    return blast;
  }
  void write(const std::string& provider, const std::string& blast, const std::string& text) {
    must(bccast_blast_write, engine_, provider, blast, text.data(), text.size());
  }
  void send(const std::string& provider, const std::string& blast) {
    must(bccast_blast_send, engine_, provider, blast, nullptr);
  }
  /// Sent, to those.
  std::string blast(const std::string& provider, const std::vector<std::string>& clients,
                    const std::string& text) {
    const auto id = draft(provider, clients);
    write(provider, id, text);
    send(provider, id);
    return id;
  }
  /// Sent, to all active clients.
  std::string blast(const std::string& provider, const std::string& text) {
    const auto id = draft(provider);
    must(bccast_blast_select_all_active, engine_, provider, id);
    write(provider, id, text);
    send(provider, id);
    return id;
  }
  Row preview(const std::string& provider, const std::string& blast) const {
    return must(bccast_blast_preview, engine_, provider, blast).rows[0];
  }
  Rows status(const std::string& provider, const std::string& blast) const {
    return must(bccast_blast_status, engine_, provider, blast).rows;
  }
  /// All of them, whatever the pages.
  Rows recipients(const std::string& provider, const std::string& blast,
                  const std::string& filter = "") const {
    return all_pages([&](const char* cursor) {
      return must(bccast_blast_recipients, engine_, provider, blast, filter, cursor, BCCAST_MAX_LIST).rows;
    });
  }

  // Threads. A thread is named by its id; `of_blast` finds a recipient's.
  std::string of_blast(const std::string& provider, const std::string& blast,
                       const std::string& client) const {
    for (const auto& row : recipients(provider, blast))
      if (row.text("client") == client) return row.text("thread");
    throw std::runtime_error("no such recipient: " + client);
  }
  Rows threads(const std::string& client, const std::string& filter = "") const {
    return must(bccast_client_threads, engine_, client, filter, nullptr, BCCAST_MAX_LIST).rows;
  }
  Rows messages(const std::string& client, const std::string& thread) const {
    return must(bccast_client_messages, engine_, client, thread, 0, 1, BCCAST_MAX_LIST).rows;
  }
  /// The seq it got.
  std::int64_t reply(const std::string& client, const std::string& thread, const std::string& text) {
    std::int64_t seq = 0;
    must(bccast_client_reply, engine_, client, thread, nullptr, text.data(), text.size(), &seq, nullptr);
    return seq;
  }
  void read(const std::string& client, const std::string& thread, std::int64_t up_to_seq) {
    must(bccast_client_read, engine_, client, thread, up_to_seq);
  }
  Rows provider_threads(const std::string& provider, const std::string& filter = "") const {
    return must(bccast_provider_threads, engine_, provider, filter, nullptr, BCCAST_MAX_LIST).rows;
  }
  Rows provider_messages(const std::string& provider, const std::string& thread) const {
    return must(bccast_provider_messages, engine_, provider, thread, 0, 1, BCCAST_MAX_LIST).rows;
  }
  std::int64_t provider_reply(const std::string& provider, const std::string& thread,
                              const std::string& text) {
    std::int64_t seq = 0;
    must(bccast_provider_reply, engine_, provider, thread, nullptr, text.data(), text.size(), &seq, nullptr);
    return seq;
  }
  std::string direct(const std::string& provider, const std::string& client) const {
    char thread[BCCAST_ID_SIZE];
    must(bccast_provider_direct, engine_, provider, client, thread);
    return thread;
  }
  /// Writes to the client directly, and gives the thread.
  std::string write_direct(const std::string& provider, const std::string& client, const std::string& text) {
    const auto thread = direct(provider, client);
    provider_reply(provider, thread, text);
    return thread;
  }

  // Communities. One is named by its thread's id.
  std::string community(const std::string& provider, const std::string& title,
                        const std::vector<std::string>& clients = {}) {
    char thread[BCCAST_ID_SIZE];
    must(bccast_provider_community, engine_, provider, title, thread);
    add_members(provider, thread, clients);
    return thread;
  }
  void add_members(const std::string& provider, const std::string& thread,
                   const std::vector<std::string>& clients) {
    const Column ids(clients);
    must(bccast_provider_community_add_many, engine_, provider, thread, clients.size(), ids.bytes,
         ids.offsets.data(), nullptr);
  }
  void remove_member(const std::string& provider, const std::string& thread, const std::string& client) {
    must(bccast_provider_community_remove, engine_, provider, thread, client);
  }
  /// As one of them sees them.
  Rows members(const std::string& client, const std::string& thread) const {
    return must(bccast_client_members, engine_, client, thread).rows;
  }
  Rows provider_members(const std::string& provider, const std::string& thread) const {
    return must(bccast_provider_members, engine_, provider, thread).rows;
  }

  // The host's own names for threads.
  std::int32_t bind(const std::string& thread, const std::string& host_ref) {
    return must(bccast_thread_bind, engine_, thread, host_ref).code;
  }
  /// "": there is none.
  std::string find(const std::string& host_ref) const {
    char thread[BCCAST_ID_SIZE];
    if (call(bccast_thread_find, engine_, host_ref, thread).code == BCCAST_E_NOT_FOUND) return {};
    must(bccast_thread_find, engine_, host_ref, thread);
    return thread;
  }

  // Work.
  struct Pumped {
    std::int32_t code = 0;
    std::uint64_t done = 0;
    std::int64_t next_ms = 0;
  };
  /// Whatever is due now.
  Pumped pump(std::uint32_t max_items = 0) {
    Pumped pumped;
    pumped.code = must(bccast_pump, engine_, max_items, 0, &pumped.done, &pumped.next_ms).code;
    return pumped;
  }
  /// Pumps and moves the clock to what is due next, until nothing is. False: there was no end to it.
  bool pump_to_the_end() {
    for (int turn = 0; turn < 1000; ++turn) {
      const auto next_ms = pump().next_ms;
      if (next_ms < 0) return true;
      clock.advance(next_ms);
    }
    return false;
  }
  /// What is wrong with the store: no rows.
  Rows verify() const { return must(bccast_operate_verify, engine_).rows; }

 private:
  struct Place {
    TemporaryFolder folder;
    Clock clock;
  };

  void open();

  std::shared_ptr<Place> place_;
  std::vector<std::string> channels_;
  std::vector<std::pair<std::string, std::string>> settings_;
  bccast_engine* engine_ = nullptr;

 public:
  Clock& clock;
  Notifier notifier;
};

struct Setup {
  std::vector<std::string> channels{"email"};                   // each with the host's notifier
  std::vector<std::pair<std::string, std::string>> settings{};  // for bccast_config_set
  const Host* beside = nullptr;  // another engine, on the same store with the same clock
};

/// The person behind a provider: a handle on a host's store that acts in this name.
class Actor {
 public:
  Actor(bccast_engine* of, const std::string& id) { must(bccast_as, of, id, &engine_); }
  ~Actor() { bccast_close(engine_, 0); }
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  operator bccast_engine*() const { return engine_; }  // NOLINT: as for Host

 private:
  bccast_engine* engine_ = nullptr;
};

inline Host::Host() : Host(Setup{}) {}

inline Host::Host(const Setup& setup)
    : place_(setup.beside != nullptr ? setup.beside->place_ : std::make_shared<Place>()),
      channels_(setup.channels),
      settings_(setup.settings),
      clock(place_->clock) {
  open();
}

inline void Host::open() {
  bccast_config* config = nullptr;
  must(bccast_config_new, &config);
  const std::unique_ptr<bccast_config, void (*)(bccast_config*)> owner(config, bccast_config_free);
  for (const auto& [key, value] : settings_) must(bccast_config_set, config, key, value);
  clock.attach(config);
  for (const auto& channel : channels_) notifier.attach(config, channel);
  must(bccast_open, store_path(), config, &engine_);
}

}  // namespace test
