// How far a long command is, on stderr: a bar that redraws itself on a terminal, else at most one line a
// second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cli {

class Progress {
 public:
  /// `silent`: shows nothing at all.
  explicit Progress(bool silent);
  /// Ends the line that the bar stands on.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// May be called as often as one likes.
  void show(std::uint64_t done, std::uint64_t total);
  /// A remark, on a line of its own; nothing when silent.
  void remark(const std::string& text);
  /// Whether a call of show() would be shown now, for those who must work out the total first.
  bool is_due() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::string bar(std::uint64_t done, std::uint64_t total) const;

  const bool silent_;
  const bool terminal_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = start_;
  bool drawn_ = false;
};

}  // namespace cli
