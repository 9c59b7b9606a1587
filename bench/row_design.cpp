#include "row_design.hpp"

#include <string>
#include <vector>

#include "noop_notifier.hpp"
#include "people.hpp"
#include "row_roster.hpp"
#include "sqlite.hpp"
#include "wall_clock.hpp"
#include "work_meter.hpp"

namespace bench {
namespace {

// A job is born with a time and a state as wide as those it gets later: a row that grew would split its page.
// The text is kept once, and no finished job is in the index that claims come from.
constexpr const char* kSchema =
    "CREATE TABLE blast (blast_no INTEGER PRIMARY KEY, provider_no INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " text TEXT NOT NULL) STRICT;"
    "CREATE TABLE thread (thread_no INTEGER PRIMARY KEY, provider_no INTEGER NOT NULL, client_no INTEGER NOT "
    "NULL,"
    " last_at_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX thread_of_client ON thread (client_no, last_at_ms);"
    "CREATE TABLE message (thread_no INTEGER NOT NULL, seq INTEGER NOT NULL, blast_no INTEGER,"
    " at_ms INTEGER NOT NULL, text TEXT, PRIMARY KEY (thread_no, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE job (job_no INTEGER PRIMARY KEY, client_no INTEGER NOT NULL, thread_no INTEGER NOT NULL,"
    " state INTEGER NOT NULL, due_at_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX job_pending ON job (job_no) WHERE state = 2;";  // 2 pending, 3 claimed, 4 done

constexpr std::int64_t kLeaseMs = 60000;

class Sender {
 public:
  explicit Sender(Database& database)
      : database_(database),
        blast_(database,
               "INSERT INTO blast (provider_no, at_ms, text) VALUES (1, ?1, ?2) RETURNING blast_no"),
        thread_(database, "INSERT INTO thread (provider_no, client_no, last_at_ms) VALUES (1, ?1, ?2)"),
        message_(database, "INSERT INTO message (thread_no, seq, blast_no, at_ms) VALUES (?1, 1, ?2, ?3)"),
        job_(database, "INSERT INTO job (client_no, thread_no, state, due_at_ms) VALUES (?1, ?2, 2, ?3)") {}

  void send(std::uint64_t recipients) {
    Transaction transaction(database_);
    const std::int64_t at_ms = wall_clock_ms();
    blast_.bind(1, at_ms).bind(2, blast_text()).step();
    const std::int64_t blast_no = blast_.number(0);
    blast_.run();
    for (std::int64_t client_no = 1; client_no <= static_cast<std::int64_t>(recipients); ++client_no) {
      thread_.bind(1, client_no).bind(2, at_ms).run();
      const std::int64_t thread_no = sqlite3_last_insert_rowid(database_.handle());
      message_.bind(1, thread_no).bind(2, blast_no).bind(3, at_ms).run();
      job_.bind(1, client_no).bind(2, thread_no).bind(3, at_ms).run();
    }
    transaction.commit();
  }

 private:
  Database& database_;
  Statement blast_, thread_, message_, job_;
};

class Worker {
 public:
  explicit Worker(Database& database)
      : database_(database),
        pending_(database,
                 "SELECT job.job_no, client.address FROM job JOIN client USING (client_no)"
                 " WHERE job.state = 2 ORDER BY job.job_no LIMIT ?1"),
        claim_(database,
               "UPDATE job SET state = 3, due_at_ms = ?3 WHERE job_no BETWEEN ?1 AND ?2 AND state = 2"),
        done_(database,
              "UPDATE job SET state = 4 WHERE job_no BETWEEN ?1 AND ?2 AND state = 3 AND due_at_ms = ?3") {}

  void run(NoopNotifier& notifier, WorkMeter& meter) {
    change([this] { claim(); });
    while (!addresses_.empty()) {
      meter.batch();
      for (const std::string& address : addresses_) notifier.notify(address.data(), address.size());
      change([this] {
        done_.bind(1, first_).bind(2, last_).bind(3, lease_until_ms_).run();
        claim();
      });
    }
  }

 private:
  template <typename Change>
  void change(Change body) {
    Transaction transaction(database_);
    body();
    transaction.commit();
  }

  /// Within a transaction that holds the write lock, what it finds pending is what it claims.
  void claim() {
    addresses_.clear();
    pending_.bind(1, static_cast<std::int64_t>(kBatch));
    while (pending_.step()) {
      if (addresses_.empty()) first_ = pending_.number(0);
      last_ = pending_.number(0);
      addresses_.emplace_back(pending_.text(1));
    }
    pending_.reset();
    if (addresses_.empty()) return;
    lease_until_ms_ = wall_clock_ms() + kLeaseMs;
    claim_.bind(1, first_).bind(2, last_).bind(3, lease_until_ms_).run();
  }

  Database& database_;
  Statement pending_, claim_, done_;
  std::vector<std::string> addresses_;
  std::int64_t first_ = 0, last_ = 0, lease_until_ms_ = 0;
};

}  // namespace

Figures row_design_work(const Task& task) {
  {
    Database database(task.path);
    database.run(kSchema);
  }
  const std::uint64_t before = bytes_in_use(task.path);
  WorkMeter meter(task.path);
  std::int64_t accept_rows = 0;
  {
    Database database(task.path);
    Sender sender(database);
    Worker worker(database);
    NoopNotifier notifier;
    for (unsigned blast = 0; blast < task.blasts; ++blast) {
      notifier.reset();
      const std::int64_t rows_before = database.rows_changed();
      meter.start();
      sender.send(task.recipients);
      meter.accepted();
      accept_rows = database.rows_changed() - rows_before;
      worker.run(notifier, meter);
      meter.finished();
      require_all_notified(notifier.totals(), task.recipients, "row design");
    }
  }
  settle(task.path);
  Figures figures = meter.figures();
  figures["accept_rows"] = static_cast<double>(accept_rows);
  figures["kept_bytes"] = static_cast<double>(bytes_in_use(task.path) - before);
  return figures;
}

}  // namespace bench
