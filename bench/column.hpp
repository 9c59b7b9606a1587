#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A column of texts as bccast's _many calls take it: the bytes, and one offset more than texts.
class Column {
 public:
  void add(std::string_view text) {
    bytes_ += text;
    offsets_.push_back(bytes_.size());
  }

  void clear() {
    bytes_.clear();
    offsets_.resize(1);
  }

  std::size_t count() const { return offsets_.size() - 1; }
  const char* bytes() const { return bytes_.data(); }
  const std::uint64_t* offsets() const { return offsets_.data(); }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> offsets_{0};
};

}  // namespace bench
