#include "adapters/sqlite/location.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

Error io_error(const char* what, int number) {
  const Code code = number == ENOSPC || number == EDQUOT ? Code::full : Code::storage;
  return {code, fmt::format("{}: {}", what, std::generic_category().message(number))};
}

// Numbers of statfs(2): NFS, SMB, SMB2, CIFS, AFS, CODA, NCP, 9P, CEPH. A write-ahead log needs shared memory
// between all who have the file open, which no network offers (https://www.sqlite.org/wal.html).
constexpr std::array<std::uint32_t, 9> kNetworkFileSystems{
    0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x5346414f, 0x73757245, 0x0000564c, 0x01021997, 0x00c36400};

/// SQLite's limit of 512 bytes, less 8 for the names of the log and its index.
constexpr std::size_t kLongestPath = 504;

/// Where the file is or would be made; a dangling link stays as it is, and is refused later.
std::string absolute_path(const std::string& path) {
  using Text = std::unique_ptr<char, decltype(&std::free)>;
  if (const Text whole(realpath(path.c_str(), nullptr), &std::free); whole) return whole.get();
  if (errno != ENOENT) throw io_error("the store cannot be opened", errno);
  const auto slash = path.rfind('/');  // parse_url() has seen to it that there is one
  const Text folder(realpath(path.substr(0, slash + 1).c_str(), nullptr), &std::free);
  if (!folder) throw io_error("the store's folder cannot be opened", errno);
  const std::string name = path.substr(slash + 1);
  return std::strcmp(folder.get(), "/") == 0 ? "/" + name : std::string(folder.get()) + "/" + name;
}

}  // namespace

Location parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "sqlite:";
  Location location;
  if (url == ":memory:") {
    location.path = url;
    return location;
  }
  if (url.starts_with(kScheme)) {
    url.remove_prefix(kScheme.size());
    if (const auto query = url.find('?'); query != std::string_view::npos) {
      const auto options = url.substr(query + 1);
      if (options == "mode=ro") {
        location.read_only = true;
      } else if (options != "mode=rw") {
        throw Error(Code::argument, "the store's URL has an unknown option; mode=ro and mode=rw are known");
      }
      url = url.substr(0, query);
    }
  } else if (url.find("://") != std::string_view::npos) {
    throw Error(Code::argument,
                "the store's URL has a scheme that this build does not have; sqlite: is known");
  }
  if (url.empty()) throw Error(Code::argument, "the store's URL has no path");
  if (url.find('\0') != std::string_view::npos) throw Error(Code::argument, "the store's path holds a NUL");
  // A path that begins with "file:" or is ":memory:" means something else to SQLite.
  location.path = url.front() == '/' ? std::string(url) : "./" + std::string(url);
  return location;
}

FileId prepare_file(Location& location) {
  location.path = absolute_path(location.path);
  if (location.path.size() > kLongestPath)
    throw Error(Code::limit, fmt::format("the store's absolute path has {} bytes; SQLite takes at most {}",
                                         location.path.size(), kLongestPath));
  const char* path = location.path.c_str();
  struct stat info {};
  if (stat(path, &info) != 0) {
    if (errno != ENOENT) throw io_error("the store cannot be opened", errno);
    if (location.read_only) throw Error(Code::not_found, "there is no store at the path");
    // Without a descriptor: another thread may open it at once, and closing one would drop SQLite's locks.
    if (mknod(path, S_IFREG | S_IRUSR | S_IWUSR, 0) != 0 && errno != EEXIST)
      throw io_error("the store cannot be made", errno);
    if (stat(path, &info) != 0) throw io_error("the store cannot be made", errno);
  }
  if (!S_ISREG(info.st_mode)) throw Error(Code::storage, "the store's path is not a file");
  // The log is named after the file: two names would make two logs, and each would miss what is in the other.
  if (info.st_nlink > 1)
    throw Error(Code::storage,
                fmt::format("the store's file has {} names (hard links); copy it to a file of its own",
                            info.st_nlink));
  struct statfs system {};
  if (statfs(path, &system) != 0) throw io_error("the store cannot be opened", errno);
  const auto type = static_cast<std::uint32_t>(system.f_type);
  if (std::find(kNetworkFileSystems.begin(), kNetworkFileSystems.end(), type) != kNetworkFileSystems.end())
    throw Error(Code::storage, "the store is on a network file system, where it is not safe");
  return {info.st_dev, info.st_ino};
}

}  // namespace bccast::sqlite
