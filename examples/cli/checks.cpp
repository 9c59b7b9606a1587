#include "checks.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include "moment.hpp"
#include "text.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMostNamed = 10;         // overdue blasts
constexpr std::int64_t kSilentMs = 10 * 60'000;  // a worker looks far more often
constexpr std::uintmax_t kLeastFree = std::uintmax_t{1} << 30U;
constexpr std::uintmax_t kMega = std::uintmax_t{1} << 20U;
constexpr std::uintmax_t kLargestLog = 64 * kMega;  // it is moved at 16, unless somebody reads an older state

std::vector<fs::path> files_of(const Session& session) {
  std::vector<fs::path> files;
  for (const char* ending : {"", "-wal", "-shm"}) {
    fs::path file = store_path(session) + ending;
    std::error_code missing;
    if (fs::is_regular_file(file, missing)) files.push_back(std::move(file));
  }
  return files;
}

std::string octal(fs::perms mode) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "%04o", static_cast<unsigned>(mode & fs::perms::mask));
  return out.data();
}

Finding check_channel(const Rows& rows, std::size_t row, bool held) {
  Finding finding{"channel " + std::string(rows.text(row, "channel")), Health::ok, ""};
  const std::int64_t pending = rows.number(row, "pending");
  const std::int64_t seen = rows.number(row, "worker_seen_ms");
  const std::int64_t failing = rows.number(row, "failing_since_ms");
  const std::int64_t due = rows.number(row, "due_at_ms");
  finding.detail = pending == 0 ? "nothing pending" : std::to_string(pending) + " pending";
  if (failing != 0) {
    finding.health = Health::bad;
    finding.detail +=
        ", failing since " + iso_time(failing) + ": " + std::string(rows.text(row, "last_reason"));
  } else if (rows.number(row, "paused") != 0) {
    finding.health = Health::warn;
    finding.detail += ", paused";
  } else if (pending != 0 && (due == 0 || due > now_ms())) {
    if (held) {
      finding.detail += ", held until `bccast store release`";
    } else {
      finding.detail += due == 0 ? ", of paused blasts" : ", the next is due " + iso_time(due);
    }
  } else if (pending != 0 && seen == 0) {
    finding.health = Health::warn;
    finding.detail += ", no worker was ever seen: start `bccast run`";
  } else if (pending != 0 && now_ms() - seen > kSilentMs) {
    finding.health = Health::warn;
    finding.detail += ", no worker was seen since " + iso_time(seen);
  }
  const std::string zones(rows.text(row, "unknown_zones"));
  if (!zones.empty()) {
    finding.health = std::max(finding.health, Health::warn);
    finding.detail += ", has quiet hours, and this machine does not know the time zones " + zones +
                      ": nobody there is told until it does (is tzdata installed?)";
  }
  return finding;
}

}  // namespace

void check_versions(Findings& findings) {
  const std::string built = std::to_string(BCCAST_API_DATE);
  const std::string found = std::to_string(bccast_api_date());
  const std::string library = "library " + std::string(bccast_version()) + ", API of " + found;
  if (built == found) {
    findings.push_back({"version", Health::ok, library});
  } else {
    findings.push_back({"version", Health::warn, library + "; this program was built with that of " + built});
  }
}

void check_log(const Session& session, Findings& findings) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(store_path(session) + "-wal", error);
  Finding finding{"log", Health::ok, "none, or empty"};
  if (!error && size > 0) finding.detail = std::to_string((size + kMega - 1) / kMega) + " MiB";
  if (!error && size > kLargestLog) {
    finding.health = Health::warn;
    finding.detail +=
        ": it grows while a process reads an older state; end that, then `bccast store checkpoint` empties "
        "it";
  }
  findings.push_back(std::move(finding));
}

void check_files(const Session& session, Findings& findings) {
  constexpr fs::perms kOwner = fs::perms::owner_read | fs::perms::owner_write;
  for (const fs::path& file : files_of(session)) {
    std::error_code error;
    const fs::perms mode = fs::status(file, error).permissions();
    Finding finding{"file " + file.filename().string(), Health::ok, "mode " + octal(mode)};
    if (error) {
      finding = {finding.check, Health::warn, "cannot be looked at: " + error.message()};
    } else if ((mode & fs::perms::mask) != kOwner) {
      // Not by the library, which gives its files this mode: another tool has copied it.
      finding.health = Health::warn;
      finding.detail += ", should be 0600: nobody but its owner should read it; chmod 600 " + file.string();
    }
    findings.push_back(std::move(finding));
  }
}

void check_disk(const Session& session, Findings& findings) {
  std::uintmax_t size = 0;
  for (const fs::path& file : files_of(session)) {
    std::error_code error;
    const std::uintmax_t one = fs::file_size(file, error);
    if (!error) size += one;
  }
  std::error_code error;
  const fs::path folder = fs::absolute(store_path(session), error).parent_path();
  const fs::space_info space = fs::space(folder, error);
  if (error) {
    findings.push_back({"disk", Health::warn, "its free space is not known: " + error.message()});
    return;
  }
  const bool enough = space.available >= std::max(kLeastFree, size);
  findings.push_back({"disk", enough ? Health::ok : Health::warn,
                      std::to_string(space.available / kMega) + " MiB free, the store has " +
                          std::to_string((size + kMega - 1) / kMega) + " MiB"});
}

void check_content(bccast_engine* engine, bool deep, Findings& findings) {
  if (!deep) {
    findings.push_back({"store", Health::ok, "opens; --deep looks through the whole of it"});
    return;
  }
  Rows rows;
  check(bccast_operate_verify(engine, rows.out()));
  if (rows.count() == 0) {
    findings.push_back({"store", Health::ok, "nothing is wrong"});
  } else {
    findings.push_back({"store", Health::bad,
                        std::to_string(rows.count()) + " things are wrong; see `bccast store verify`"});
  }
}

void check_held(bccast_engine* engine, Findings& findings) {
  Rows rows;
  check(bccast_operate_status(engine, rows.out()));
  if (rows.number(0, "held") != 0)
    findings.push_back(
        {"held", Health::warn,
         "made by a backup: nothing is handed out, and no schedule goes, until `bccast store release`"});
  if (const std::int64_t debts = rows.number(0, "debts"); debts != 0)
    findings.push_back(
        {"log", Health::warn,
         std::to_string(debts) + " erasures or purges still stand in it: `bccast store checkpoint`"});
}

void check_channels(bccast_engine* engine, Findings& findings) {
  Rows rows;
  check(bccast_channel_list(engine, rows.out()));
  Rows store;
  check(bccast_operate_status(engine, store.out()));
  const bool held = store.number(0, "held") != 0;
  for (std::size_t row = 0; row < rows.count(); ++row) findings.push_back(check_channel(rows, row, held));
  if (rows.count() == 0) {
    findings.push_back({"channels", Health::warn, "there is none: nobody is told of anything"});
  }
}

void check_overdue(bccast_engine* engine, Findings& findings) {
  Rows rows;
  check(bccast_operate_overdue(engine, nullptr, nullptr, kMostNamed, rows.out()));
  for (std::size_t row = 0; row < rows.count(); ++row) {
    std::string detail = "since " + iso_time(rows.number(row, "deadline_ms")) + ", of provider " +
                         std::string(rows.text(row, "provider")) + ": " + std::string(rows.text(row, "why"));
    findings.push_back({"blast " + std::string(rows.text(row, "blast")), Health::bad, std::move(detail)});
  }
  if (rows.next() != nullptr)
    findings.push_back({"overdue", Health::bad, "there are more; see `bccast overdue`"});
  if (rows.count() == 0) findings.push_back({"overdue", Health::ok, "no blast is late"});
}

}  // namespace cli
