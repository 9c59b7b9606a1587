#include "log_floor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "people.hpp"
#include "store_size.hpp"
#include "work_meter.hpp"

namespace bench {
namespace {

class Log {
 public:
  explicit Log(const std::string& path)
      : file_(open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::runtime_error("cannot write " + path);
  }
  ~Log() { close(file_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void append_durably(const void* bytes, std::size_t length) {
    if (write(file_, bytes, length) != static_cast<ssize_t>(length) || fdatasync(file_) != 0) {
      throw std::runtime_error("cannot append to the log");
    }
  }

 private:
  int file_;
};

/// Returns how many were recorded.
std::uint64_t record_all(Log& log, std::uint64_t recipients, WorkMeter& meter) {
  std::vector<std::uint64_t> batch(kBatch);
  std::uint64_t recorded = 0;
  while (recorded < recipients) {
    const std::uint64_t n = std::min(kBatch, recipients - recorded);
    for (std::uint64_t i = 0; i < n; ++i) batch[i] = recorded + i;
    log.append_durably(batch.data(), n * sizeof(std::uint64_t));
    recorded += n;
    meter.batch();
  }
  return recorded;
}

}  // namespace

Figures log_floor_work(const Task& task) {
  const StoreSize size(task.path);
  const std::uint64_t before = size.now();
  WorkMeter meter(task.path);
  {
    Log log(task.path);
    for (unsigned blast = 0; blast < task.blasts; ++blast) {
      meter.start();
      log.append_durably(blast_text().data(), blast_text().size());  // "to all active clients" is one record
      meter.accepted();
      const std::uint64_t recorded = record_all(log, task.recipients, meter);
      meter.finished();
      if (recorded != task.recipients) throw std::runtime_error("log floor: not all recorded");
    }
  }
  Figures figures = meter.figures();
  figures["accept_rows"] = 1;
  figures["kept_bytes"] = static_cast<double>(size.now() - before);
  return figures;
}

}  // namespace bench
