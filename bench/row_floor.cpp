#include "row_floor.hpp"

#include "noop_notifier.hpp"
#include "people.hpp"
#include "sqlite.hpp"
#include "wall_clock.hpp"
#include "work_meter.hpp"

namespace bench {
namespace {

// The index is what a client finds its threads by; without it there would be no inbox.
// States: 0 pending, 1 done. SQLite stores both in no byte, so that an update changes no row's size.
constexpr const char* kSchema =
    "CREATE TABLE blast (blast_no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, text TEXT NOT NULL) STRICT;"
    "CREATE TABLE job (job_no INTEGER PRIMARY KEY, client_no INTEGER NOT NULL, blast_no INTEGER NOT NULL,"
    " state INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX job_of_client ON job (client_no, blast_no);";

class Floor {
 public:
  explicit Floor(Database& database)
      : database_(database),
        blast_(database, "INSERT INTO blast (at_ms, text) VALUES (?1, ?2) RETURNING blast_no"),
        job_(database, "INSERT INTO job (client_no, blast_no, state) VALUES (?1, ?2, 0)"),
        next_(database,
              "SELECT job.job_no, client.address FROM job JOIN client USING (client_no)"
              " WHERE job.job_no > ?1 ORDER BY job.job_no LIMIT ?2"),
        done_(database, "UPDATE job SET state = 1 WHERE job_no BETWEEN ?1 AND ?2") {}

  void send(std::uint64_t recipients) {
    Transaction transaction(database_);
    blast_.bind(1, wall_clock_ms()).bind(2, blast_text()).step();
    const std::int64_t blast_no = blast_.number(0);
    blast_.run();
    for (std::int64_t client_no = 1; client_no <= static_cast<std::int64_t>(recipients); ++client_no) {
      job_.bind(1, client_no).bind(2, blast_no).run();
    }
    transaction.commit();
  }

  void work(NoopNotifier& notifier, WorkMeter& meter) {
    while (one_batch(notifier, meter)) {
    }
  }

 private:
  bool one_batch(NoopNotifier& notifier, WorkMeter& meter) {
    Transaction transaction(database_);
    const std::int64_t before = last_;
    next_.bind(1, before).bind(2, static_cast<std::int64_t>(kBatch));
    while (next_.step()) {
      last_ = next_.number(0);
      const std::string_view address = next_.text(1);
      notifier.notify(address.data(), address.size());
    }
    next_.reset();
    if (last_ == before) return false;
    meter.batch();
    done_.bind(1, before + 1).bind(2, last_).run();
    transaction.commit();
    return true;
  }

  Database& database_;
  Statement blast_, job_, next_, done_;
  std::int64_t last_ = 0;  // all jobs up to this one are done
};

}  // namespace

Figures row_floor_work(const Task& task) {
  {
    Database database(task.path);
    database.run(kSchema);
  }
  const std::uint64_t before = bytes_in_use(task.path);
  WorkMeter meter(task.path);
  std::int64_t accept_rows = 0;
  {
    Database database(task.path);
    Floor floor(database);
    NoopNotifier notifier;
    for (unsigned blast = 0; blast < task.blasts; ++blast) {
      notifier.reset();
      const std::int64_t rows_before = database.rows_changed();
      meter.start();
      floor.send(task.recipients);
      meter.accepted();
      accept_rows = database.rows_changed() - rows_before;
      floor.work(notifier, meter);
      meter.finished();
      require_all_notified(notifier.totals(), task.recipients, "row floor");
    }
  }
  settle(task.path);
  Figures figures = meter.figures();
  figures["accept_rows"] = static_cast<double>(accept_rows);
  figures["kept_bytes"] = static_cast<double>(bytes_in_use(task.path) - before);
  return figures;
}

}  // namespace bench
