// Numbers for what is made.
#pragma once

#include <array>
#include <cstdint>

namespace bccast {

/// What numbers are drawn for. Part of what is stored: never renumbered.
enum class NumberKind : std::uint8_t {
  provider = 1,
  client = 2,
  act = 3,
  /// Lines, their turns, items, notices, and the order of what is written (Thread::activity): one kind, so
  /// that a verb draws all that it needs of them at once.
  work = 4,
  event = 5,
};
inline constexpr std::array kNumberKinds{NumberKind::provider, NumberKind::client, NumberKind::act,
                                         NumberKind::work, NumberKind::event};

class NumberTables {
 public:
  virtual ~NumberTables() = default;

  /// The first of `count` numbers, one behind the other, that nothing has or had; from 1 on. What is drawn
  /// and not used leaves a gap, and who draws first need not commit first: they tell things apart, and say
  /// nothing of how many there are.
  virtual std::int64_t next(NumberKind kind, std::int64_t count = 1) = 0;
};

}  // namespace bccast
