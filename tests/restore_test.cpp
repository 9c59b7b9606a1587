// What a restore keeps of the file that it replaces, and who may not do it: a child of a process that has one
// of the files open.
#include <bccast/bccast.h>
#include <doctest/doctest.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/store_file.hpp"
#include "support/temporary_folder.hpp"

namespace {

using std::string;
using test::bytes_of;
using test::check_child;
using test::expect;
using test::expect_code;
using test::in_a_child;
using test::Opened;
namespace fs = std::filesystem;

struct stat info_of(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) throw std::runtime_error("stat");
  return info;
}

mode_t mode_of(const fs::path& path) {
  return info_of(path).st_mode & 0777;
}

/// A store, and a backup of it, in a folder that anybody may write.
struct Files {
  Files() {
    const Opened opened(store);
    REQUIRE(opened.code == BCCAST_OK);
    REQUIRE(bccast_directory_provider_put(opened, "lee", "Lee") == BCCAST_OK);
    REQUIRE(bccast_operate_backup(opened, backup.c_str()) == BCCAST_OK);
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
  }
  std::int32_t restore() const { return bccast_restore(backup.c_str(), store.c_str()); }

  const test::TemporaryFolder folder;
  const fs::path store = folder.path() / "store.db";
  const fs::path backup = folder.path() / "backup.db";
};

constexpr uid_t kSomebody = 54'321;
constexpr gid_t kSomeGroup = 54'322;

/// REQUIRES: root, in a child.
void become(uid_t user, gid_t group) {
  if (::setgroups(0, nullptr) != 0 || ::setgid(group) != 0 || ::setuid(user) != 0)
    throw std::runtime_error(test::kSkip + "no other user");
}

}  // namespace

TEST_CASE("A restore keeps the mode of the store that it replaces, and makes a new one for its owner alone") {
  const Files files;
  for (const mode_t mode : {mode_t{0600}, mode_t{0640}, mode_t{0660}, mode_t{0644}}) {
    CAPTURE(mode);
    REQUIRE(::chmod(files.store.c_str(), mode) == 0);
    CHECK(files.restore() == BCCAST_OK);
    CHECK(mode_of(files.store) == mode);
  }
  fs::remove(files.store);
  CHECK(files.restore() == BCCAST_OK);
  CHECK(mode_of(files.store) == 0600);
}

TEST_CASE("A restore by root keeps the owner and the group of the store that it replaces") {
  const Files files;
  if (::geteuid() != 0 || ::chown(files.store.c_str(), kSomebody, kSomeGroup) != 0) {
    MESSAGE("not tested here: this is not root");
    return;
  }
  REQUIRE(::chmod(files.store.c_str(), 0640) == 0);
  CHECK(files.restore() == BCCAST_OK);
  const auto info = info_of(files.store);
  CHECK(info.st_uid == kSomebody);
  CHECK(info.st_gid == kSomeGroup);
  CHECK(mode_of(files.store) == 0640);
  // So its owner can work with it.
  check_child(in_a_child([&] {
    become(kSomebody, kSomeGroup);
    expect_code(Opened(files.store).code, BCCAST_OK, "the owner opens it");
  }));
}

TEST_CASE("A store of another user is not replaced by one who cannot give it back") {
  const Files files;
  if (::geteuid() != 0) {
    MESSAGE("not tested here: this is not root");
    return;
  }
  REQUIRE(::chmod(files.store.c_str(), 0666) == 0);
  REQUIRE(::chmod(files.backup.c_str(), 0644) == 0);
  const auto before = bytes_of(files.store);
  check_child(in_a_child([&] {
    become(kSomebody, kSomeGroup);
    expect_code(files.restore(), BCCAST_E_STORAGE, "a restore over another's store");
    expect(string(bccast_error_message()).find("another user") != string::npos, "to be told why");
  }));
  CHECK(bytes_of(files.store) == before);
  CHECK(info_of(files.store).st_uid == 0);
  CHECK_FALSE(fs::exists(files.store.string() + ".bccast-partial"));
}

TEST_CASE("A group that may not be given to the restored store has no rights in it") {
  const Files files;
  if (::geteuid() != 0 || ::chown(files.store.c_str(), kSomebody, kSomeGroup) != 0) {
    MESSAGE("not tested here: this is not root");
    return;
  }
  REQUIRE(::chmod(files.store.c_str(), 0660) == 0);
  REQUIRE(::chmod(files.backup.c_str(), 0644) == 0);
  check_child(in_a_child([&] {
    become(kSomebody, kSomeGroup + 1);
    expect_code(files.restore(), BCCAST_OK, "the owner's restore");
  }));
  CHECK(info_of(files.store).st_uid == kSomebody);
  CHECK(info_of(files.store).st_gid == kSomeGroup + 1);
  CHECK(mode_of(files.store) == 0600);
}

TEST_CASE("A child may not restore over a store that its parent has open, nor from one") {
  const Files files;
  const auto copy = files.folder.path() / "copy.db";
  {
    const Opened opened(files.store);
    check_child(in_a_child([&] {
      expect_code(files.restore(), BCCAST_E_FORKED, "over what the parent has open");
      expect_code(bccast_restore(files.store.c_str(), copy.c_str()), BCCAST_E_FORKED,
                  "from what the parent has open");
    }));
    CHECK_FALSE(fs::exists(copy));
    CHECK(bccast_directory_provider_put(opened, "may", "May") == BCCAST_OK);
    CHECK(files.restore() == BCCAST_E_BUSY);
  }
  check_child(in_a_child([&] { expect_code(files.restore(), BCCAST_OK, "when the parent has closed it"); }));
}
