#include "machine.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sqlite3.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "figures.hpp"
#include "stopwatch.hpp"

namespace bench {

double append_and_sync_ms(const std::string& folder, unsigned times) {
  const std::string path = folder + "/append";
  const int file = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("cannot write in " + folder);
  const std::vector<char> page(4096, 'x');
  std::vector<double> answers;
  bool failed = false;
  for (unsigned i = 0; i < times && !failed; ++i) {
    const Stopwatch watch;
    failed =
        write(file, page.data(), page.size()) != static_cast<ssize_t>(page.size()) || fdatasync(file) != 0;
    answers.push_back(watch.seconds() * 1e3);
  }
  close(file);
  unlink(path.c_str());
  if (failed) throw std::runtime_error("cannot append in " + folder);
  return median(answers);
}

Machine look_at_machine(const std::string& folder) {
  Machine machine;
  machine.cores = std::thread::hardware_concurrency();
  machine.sqlite_version = sqlite3_libversion();
  machine.append_ms = append_and_sync_ms(folder);
  struct statfs about {};
  machine.memory_disk = statfs(folder.c_str(), &about) == 0 && about.f_type == TMPFS_MAGIC;
  return machine;
}

}  // namespace bench
