// The store whose screens are measured: three providers with the same clients on their rosters, and what has
// happened there in some years.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "screens_calls.hpp"

namespace bench {

inline constexpr const char* kMain = "main";  // a tenth archived, all over the roster; most of all
inline constexpr const char* kSpread = "2,000-archived";  // all over the roster
inline constexpr const char* kLast = "last-archived";     // about 1 % archived: those whose names come last

struct PracticeSize {
  std::uint64_t clients = 1000000;
  std::uint64_t touched = 50000;   // threads in which somebody has written, with kMain and with kSpread
  std::uint64_t inbox = 1000;      // threads of one client
  std::uint64_t messages = 10000;  // of one thread
};

/// What the screens are asked for.
struct Practice {
  // Blasts of kMain.
  std::string main;           // to all active. 5 failed, 20 wait for another try, 2 % skipped; many replied
  std::string picked;         // to half of them, one by one. None failed; 7 skipped, 7 opened, 7 replied
  std::string failing;        // to all active; every second failed
  std::string failing_twice;  // the same on two channels
  std::string draft_all;      // by rule, 1,000 taken out
  std::string draft_picked;   // three of ten one by one, 1,000 taken out again
  // Of kSpread: 50 clients replied; then the provider wrote in many threads.
  std::string answered;

  // Clients: what became of them in `main`, and of whom it was not to in `picked`.
  std::string done, failed, archived, deselected, added_later, not_chosen;
  std::string reader;               // whose inbox is long
  std::string talker;               // whose direct thread is long
  std::string direct;               // that thread
  std::string member;               // of the community
  std::string community;            // of 1,000
  std::vector<std::string> unseen;  // recipients who have not looked at their inboxes
};

/// An open store with a notifier on the channels "email" and "push".
class PracticeStore {
 public:
  explicit PracticeStore(const std::string& path);
  ~PracticeStore();
  PracticeStore(const PracticeStore&) = delete;
  PracticeStore& operator=(const PracticeStore&) = delete;

  bccast_engine* engine() const { return engine_; }
  /// Tells whoever is to be told, until nothing is due; when `half_fail`, every second fails.
  void pump(bool half_fail);

 private:
  static std::int32_t notify(void* self, bccast_batch* batch) noexcept;
  bccast_engine* engine_ = nullptr;
  bool half_fail_ = false;
};

/// Fills an empty store, and says how long each part took.
Practice make_practice(PracticeStore& store, const PracticeSize& size);

}  // namespace bench
