// What a figure depends on besides the code: cores, SQLite, the disk's answer time.
#pragma once

#include <string>

namespace bench {

struct Machine {
  unsigned cores = 0;
  std::string sqlite_version;
  double append_ms = 0;  // 4 KiB append + fdatasync, median
  bool memory_disk = false;
};

/// `folder` is where the data will be; the disk is asked there.
Machine look_at_machine(const std::string& folder);

/// Median of `times` times: append 4 KiB to a new file of `folder`, fdatasync. The file is removed.
double append_and_sync_ms(const std::string& folder, unsigned times = 200);

}  // namespace bench
