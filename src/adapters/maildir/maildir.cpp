#include "adapters/maildir/maildir.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <new>
#include <vector>

#include "base/error.hpp"

namespace bccast {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr std::string_view kSuffix = ".bccast";

/// From how many files on one syncfs is used instead of an fdatasync each. Measured on ext4: 0.25 ms a file
/// against 5 to 10 ms a batch on an idle disk, 2 to 3 ms against 10 to 20 on a busy one.
constexpr std::size_t kSyncfsFrom = 8;

[[noreturn]] void fail(const char* what, int number) {
  const bool full = number == ENOSPC || number == EDQUOT;
  throw Error(full ? Code::full : Code::notifier,
              std::string("maildir: cannot ") + what + " (errno " + std::to_string(number) + ")", number);
}

/// Calls until no signal interrupts; an error is thrown.
template <typename Call>
auto must(const char* what, Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0) return result;
    if (errno != EINTR) fail(what, errno);
  }
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = must("write a file", [&] { return write(fd, bytes.data(), bytes.size()); });
    if (written == 0) fail("write a file", EIO);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_file(int fd) {
  must("sync a file", [&] { return fdatasync(fd); });
}

void sync_folder(int fd) {
  must("sync folder new", [&] { return fsync(fd); });
}

void sync_file_system(int fd) {
  must("sync the file system", [&] { return syncfs(fd); });
}

template <typename Number>
void append_number(std::string& out, Number value, int base) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

std::uint64_t random_number() {
  std::uint64_t value = 0;
  must("get random bytes",
       [&] { return getrandom(&value, sizeof value, 0); });  // never short below 256 bytes
  return value;
}

/// To be called in a catch clause.
const char* reason_to_retry() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return error.code() == Code::full ? "disk_full" : "write_failed";
  } catch (const std::bad_alloc&) {
    return "no_memory";
  } catch (...) {
    return "write_failed";
  }
}

MailSettings checked(MailSettings settings) {
  check_mail_settings(settings);
  return settings;
}

const char* checked_path(const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    throw Error(Code::argument, "maildir: the path is empty or holds a NUL");
  }
  return path.c_str();
}

}  // namespace

class Maildir::Draft {
 public:
  Draft() = default;
  Draft(int folder, std::string name, std::string_view id) noexcept
      : folder_(folder), name_(std::move(name)), id_(id) {}
  Draft(Draft&& other) noexcept
      : folder_(std::exchange(other.folder_, -1)), name_(std::move(other.name_)), id_(other.id_) {}
  Draft& operator=(Draft&& other) noexcept {
    std::swap(folder_, other.folder_);
    name_.swap(other.name_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~Draft() {
    if (exists()) unlinkat(folder_, name_.c_str(), 0);
  }

  bool exists() const noexcept { return folder_ >= 0; }
  void forget() noexcept { folder_ = -1; }
  const std::string& name() const noexcept { return name_; }
  std::string_view id() const noexcept { return id_; }

 private:
  int folder_ = -1;
  std::string name_;
  std::string_view id_;
};

Maildir::Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Maildir::Descriptor Maildir::open_folder(int parent, const char* name) {
  return Descriptor(
      must("open a folder", [&] { return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
}

Maildir::Descriptor Maildir::make_folder(int parent, const char* name, unsigned forbidden_mode) {
  const bool made = mkdirat(parent, name, kFolderMode) == 0;
  if (!made && errno != EEXIST) fail("make a folder", errno);
  const int follow = parent == AT_FDCWD ? 0 : O_NOFOLLOW;  // where the maildir lies is the operator's choice
  Descriptor folder(must("open a folder",
                         [&] { return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow); }));
  // Whatever the umask is.
  if (made) must("set the mode of a folder", [&] { return fchmod(folder.get(), kFolderMode); });
  struct stat status = {};
  must("look at a folder", [&] { return fstat(folder.get(), &status); });
  if ((status.st_mode & forbidden_mode) != 0) {
    throw Error(Code::argument, std::string("maildir: ") + (follow != 0 ? name : "the folder") +
                                    " is open to other users; set its mode to 0700");
  }
  return folder;
}

Maildir::Maildir(const std::string& path, MailSettings settings, bool sync_each)
    : settings_(checked(std::move(settings))),
      sync_each_(sync_each),
      root_(make_folder(AT_FDCWD, checked_path(path), S_IWGRP | S_IWOTH)),
      tmp_(make_folder(root_.get(), "tmp", S_IRWXG | S_IRWXO)),
      new_(make_folder(root_.get(), "new", S_IRWXG | S_IRWXO)) {
  make_folder(root_.get(), "cur", S_IRWXG | S_IRWXO);
  sync_file_system(root_.get());  // the folders themselves
}

Maildir::Draft Maildir::write_draft(const MaildirItem& item, bool sync) {
  const std::string mail = render_mail(settings_, item.address, item.id, item.thread, item.at_ms);
  std::string name(item.id);
  append_number(name.append("."), getpid(), 10);
  append_number(name.append("."), drafts_.fetch_add(1, std::memory_order_relaxed), 10);
  append_number(name.append("."), random_number(), 16);

  Descriptor file(must("make a file", [&] {
    return openat(tmp_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kFileMode);
  }));
  Draft draft(tmp_.get(), std::move(name), item.id);
  write_all(file.get(), mail);
  if (sync) sync_file(file.get());
  // Some file systems (NFS, quotas) tell only now. Linux has closed the file even if interrupted.
  if (close(file.release()) != 0 && errno != EINTR) fail("close a file", errno);
  return draft;
}

void Maildir::publish(Draft& draft) const {
  const std::string name = std::string(draft.id()).append(kSuffix);
  must("move a file to folder new",
       [&] { return renameat(tmp_.get(), draft.name().c_str(), new_.get(), name.c_str()); });
  draft.forget();
}

void Maildir::deliver(std::string_view address, std::string_view item_id, std::string_view thread_id,
                      std::int64_t at_ms) {
  Draft draft = write_draft({item_id, address, thread_id, at_ms}, sync_each_);
  publish(draft);
}

void Maildir::flush() {
  if (!sync_each_) sync_file_system(root_.get());
  sync_folder(new_.get());
}

void Maildir::deliver_batch(std::span<const MaildirItem> items, std::span<Outcome> out) {
  if (items.size() != out.size()) {
    throw Error(Code::argument, "maildir: a batch of " + std::to_string(items.size()) +
                                    " items has room for " + std::to_string(out.size()) + " outcomes");
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const MaildirItem& item = items[i];
    const char* fault = find_mail_fault(item.address, item.id, item.thread, item.at_ms);
    out[i] = fault != nullptr ? Outcome{Verdict::failed, fault} : Outcome{Verdict::retry, "write_failed"};
  }
  try {
    // Descriptors of this batch alone: the kernel tells a write error once for each, so that two threads that
    // sync with the same one could take each other's error away.
    const Descriptor file_system = open_folder(root_.get(), ".");
    const Descriptor names = open_folder(new_.get(), ".");
    const bool one_by_one = sync_each_ || items.size() < kSyncfsFrom;
    std::vector<Draft> drafts(items.size());
    std::vector<bool> published(items.size());

    for (std::size_t i = 0; i < items.size(); ++i) {
      if (out[i].verdict == Verdict::failed) continue;
      try {
        drafts[i] = write_draft(items[i], one_by_one);
      } catch (...) {
        out[i].reason = reason_to_retry();
      }
    }
    if (!one_by_one) sync_file_system(file_system.get());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!drafts[i].exists()) continue;
      try {
        publish(drafts[i]);
        published[i] = true;
      } catch (...) {
        out[i].reason = reason_to_retry();
      }
    }
    sync_folder(names.get());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (published[i]) out[i] = {Verdict::done, ""};
    }
  } catch (...) {
    const char* reason = reason_to_retry();
    for (Outcome& outcome : out) {
      if (outcome.verdict == Verdict::retry) outcome.reason = reason;
    }
  }
}

}  // namespace bccast
