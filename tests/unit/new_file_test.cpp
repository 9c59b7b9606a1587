// Files that are made beside others who open them at once: no lock is dropped, and nobody's store is
// replaced.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include <bccast/engine.hpp>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/backup.hpp"
#include "adapters/sqlite/location.hpp"
#include "adapters/sqlite/new_file.hpp"
#include "adapters/sqlite/open_stores.hpp"
#include "code_of.hpp"

namespace {

using bccast::Code;
using bccast::sqlite::FileId;
using bccast::sqlite::OpenStore;
using test::code_of;
namespace fs = std::filesystem;

struct flock lock_of_all(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// Opens a file as SQLite does, as soon as it is there, and locks it as a process does.
class Opener {
 public:
  explicit Opener(std::string path) : path_(std::move(path)), thread_([this] { open_and_lock(); }) {
    while (!waits_) std::this_thread::yield();
  }
  /// Whether the lock is still there. Asked as one of an open file description, which sees those of
  /// processes.
  bool has_lock() {
    thread_.join();
    auto lock = lock_of_all(F_WRLCK);
    const int fd = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::fcntl(fd, F_OFD_GETLK, &lock) == 0);
    const bool held = lock.l_type != F_UNLCK;
    ::close(fd);
    ::close(fd_);
    return held;
  }
  void stop_waiting() { stop_ = true; }

 private:
  void open_and_lock() {
    waits_ = true;
    struct stat info {};
    while (::stat(path_.c_str(), &info) != 0) {
    }
    const OpenStore opened(FileId{info.st_dev, info.st_ino});
    fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    auto lock = lock_of_all(F_WRLCK);
    ::fcntl(fd_, F_SETLK, &lock);
    while (!stop_) std::this_thread::yield();
  }
  std::string path_;
  std::atomic<bool> waits_{false};
  std::atomic<bool> stop_{false};
  int fd_ = -1;
  std::thread thread_;
};

void make_store(const std::string& path, const std::string& provider) {
  bccast::Engine(path, {}).provider_put(provider, provider);
}

std::size_t providers_in(const std::string& path, const std::string& id) {
  bccast::Engine engine(path, {});
  return code_of([&] { engine.roster_count(id); }) ? 0 : 1;
}

}  // namespace

TEST_CASE("Making a store's file drops no lock of a thread that opens it at once") {
  const test::TemporaryFolder folder;
  int lost = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto path = folder.file("store" + std::to_string(i));
    Opener opener(path);
    bccast::sqlite::Location location{path, false};
    bccast::sqlite::prepare_file(location);
    opener.stop_waiting();
    if (!opener.has_lock()) ++lost;
  }
  CHECK(lost == 0);
}

TEST_CASE("A file that gets its name drops no lock of a thread that opens it at once") {
  const test::TemporaryFolder folder;
  int lost = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto path = folder.file("store" + std::to_string(i));
    Opener opener(path);
    {
      bccast::sqlite::NewFile file(path);
      file.publish(bccast::sqlite::NewFile::Existing::refused);
    }
    opener.stop_waiting();
    if (!opener.has_lock()) ++lost;
  }
  CHECK(lost == 0);
}

TEST_CASE("A file that is read as a backup without locks is opened by nobody in this process meanwhile") {
  const test::TemporaryFolder folder;
  make_store(folder.file(), "lee");
  struct stat info {};
  REQUIRE(::stat(folder.file().c_str(), &info) == 0);
  const FileId file{info.st_dev, info.st_ino};
  {
    const OpenStore reading(file, OpenStore::Locks::not_taken);
    const OpenStore also_reading(file, OpenStore::Locks::not_taken);
    CHECK(code_of([&] { bccast::Engine(folder.file(), {}); }) == Code::busy);
  }
  const bccast::Engine engine(folder.file(), {});
  CHECK(code_of([&] { OpenStore(file, OpenStore::Locks::not_taken); }) == Code::busy);
}

TEST_CASE("A store that was made by somebody else while a restore ran is not replaced") {
  const test::TemporaryFolder folder;
  const auto path = folder.file();
  const auto backup = folder.file("backup.db");
  {
    bccast::Engine engine(path, {});
    engine.provider_put("old", "Old");
    engine.backup(backup);
  }
  SUBCASE("where there was none") {
    fs::remove(path);
  }
  SUBCASE("where there was one, which was moved away") {}
  int checked = 0;
  const auto code = code_of([&] {
    bccast::sqlite::restore(backup, path, [&](const std::string&) {
      ++checked;
      if (fs::exists(path)) fs::rename(path, folder.file("moved.db"));
      make_store(path, "new");
    });
  });
  CHECK(checked == 1);
  CHECK(code == Code::conflict);
  CHECK(providers_in(path, "new") == 1);
  CHECK(providers_in(path, "old") == 0);
  CHECK_FALSE(fs::exists(path + ".bccast-partial"));
}
