// What a transaction could not read, told by the error that undoes it.
#pragma once

#include <utility>

#include "base/error.hpp"

namespace bccast {

/// `What`: by what its catcher goes past the damage. (A read that failed is no damage: then the store throws
/// another error instead.)
template <typename What>
class Unreadable final : public Error {
 public:
  Unreadable(const Error& error, What what) : Error(error), what_(std::move(what)) {}
  const What& thing() const noexcept { return what_; }

 private:
  What what_;
};

}  // namespace bccast
