// Notifications as files in a maildir (https://cr.yp.to/proto/maildir.html): for mail systems that pick up
// from a folder, and for trying things out without any mail system.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/maildir/mail.hpp"

namespace bccast {

/// One notification. The views must live as long as the call they are given to.
struct MaildirItem {
  std::string_view id;       ///< 32 lowercase hex digits; names the file and the mail
  std::string_view address;  ///< the one recipient
  std::string_view thread;   ///< 32 lowercase hex digits
  std::int64_t at_ms = 0;    ///< the mail's Date, milliseconds since 1970, UTC
};

/// A maildir that mails are put into as new/<item id>.bccast, so that a repeat replaces the first and does
/// not double it, for as long as no reader has moved that on. No file name holds anything of a client. Files
/// are 0600.
///
/// What lasts: deliver_batch() says `done`, and flush() returns, only when the mails survive a loss of power.
/// In a batch no mail is visible in new/ before its bytes are on the disk. A crash in a batch may leave files
/// in tmp/; as the maildir rules say, readers remove those after 36 hours.
///
/// Threads: any number may call deliver_batch() on one object, and any number of processes may share one
/// folder. deliver() with flush() belongs to one thread at a time, as a write error found by flush() is told
/// only once.
class Maildir {
 public:
  /// done: on the disk. retry: the disk's fault, the same may succeed later. failed: the item's own fault,
  /// for ever.
  enum class Verdict { done, retry, failed };

  struct Outcome {
    Verdict verdict = Verdict::retry;
    /// Static. done: "". failed: "bad_address", "bad_id", "bad_time". retry: "disk_full", "write_failed",
    /// "no_memory".
    const char* reason = "";
  };

  /// Makes `path` (not its parents) and its tmp, new and cur with mode 0700 where they are missing.
  ///
  /// `sync_each`: sync every file by itself. Otherwise a batch of 8 mails and more is synced by one
  /// syncfs(2), which takes a fraction of the time. Set it where
  /// syncfs does not tell of write errors (Linux before 5.8) or does not reach the disk (FUSE).
  ///
  /// Throws Error(argument) for a bad setting, for tmp, new or cur that others may look into and for a `path`
  /// that others may write to; Error(full) or Error(notifier) with errno as its native number if the folders
  /// fail.
  explicit Maildir(const std::string& path, MailSettings settings = {}, bool sync_each = false);
  Maildir(const Maildir&) = delete;
  Maildir& operator=(const Maildir&) = delete;

  /// Puts one mail into new/. It is visible at once, but lasts only after the next flush(); until then a loss
  /// of power may leave it out or, without `sync_each`, empty. Throws Error(argument) as render_mail() does;
  /// Error(full) when there is no space or quota left; Error(notifier) for any other trouble. errno is the
  /// native number. On an error new/ is as it was.
  void deliver(std::string_view address, std::string_view item_id, std::string_view thread_id,
               std::int64_t at_ms);

  /// Makes all that deliver() has put into new/ last. After an error (as of deliver()) none of what came
  /// since the flush before may be taken as delivered: deliver it again.
  void flush();

  /// Delivers and flushes all items, and says of each in `out` at the same index how it went. One bad item
  /// does not hold up the others. Throws nothing but Error(argument) when the sizes differ, before anything
  /// is written.
  void deliver_batch(std::span<const MaildirItem> items, std::span<Outcome> out);

 private:
  class Descriptor {  // an open file or folder
   public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor();
    int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }

   private:
    int fd_;
  };
  class Draft;  // a file in tmp/, removed unless published

  static Descriptor make_folder(int parent, const char* name, unsigned forbidden_mode);
  static Descriptor open_folder(int parent, const char* name);
  Draft write_draft(const MaildirItem& item, bool sync);
  void publish(Draft& draft) const;

  const MailSettings settings_;
  const bool sync_each_;
  const Descriptor root_, tmp_, new_;
  std::atomic<std::uint64_t> drafts_{0};  // since the start; makes the names in tmp/ differ
};

}  // namespace bccast
