// The handles of the C API as C++ objects, which free themselves and throw. Nothing in here belongs to the
// command line: it is how a C++ program may wrap the C API.
#pragma once

#include <bccast/bccast.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

/// A call that failed, with what the library says of it. To be made on the thread and right after the call.
class Failure : public std::runtime_error {
 public:
  explicit Failure(std::int32_t code)
      : std::runtime_error(message(code)),
        code_(code),
        native_(bccast_error_native()),
        retriable_(bccast_error_retriable() != 0) {}
  std::int32_t code() const noexcept { return code_; }
  std::int32_t native() const noexcept { return native_; }
  bool retriable() const noexcept { return retriable_; }

 private:
  static std::string message(std::int32_t code) {
    std::string text(bccast_error_copy(nullptr, 0), '\0');
    bccast_error_copy(text.data(), text.size() + 1);
    return text.empty() ? bccast_code_name(code) : text;
  }
  std::int32_t code_;
  std::int32_t native_;
  bool retriable_;
};

/// Gives normal answers back (BCCAST_OK and the positive ones) and throws the others.
inline std::int32_t check(std::int32_t result) {
  if (result < 0) throw Failure(result);
  return result;
}

class Config {
 public:
  Config() {
    bccast_config* made = nullptr;
    check(bccast_config_new(&made));
    config_.reset(made);
  }
  void set(const std::string& key, const std::string& value) {
    check(bccast_config_set(get(), key.c_str(), value.c_str()));
  }
  bccast_config* get() const noexcept { return config_.get(); }

 private:
  struct Free {
    void operator()(bccast_config* config) const noexcept { bccast_config_free(config); }
  };
  std::unique_ptr<bccast_config, Free> config_;
};

class Engine {
 public:
  explicit Engine(const std::string& url, const Config* config = nullptr) {
    bccast_engine* opened = nullptr;
    check(bccast_open(url.c_str(), config != nullptr ? config->get() : nullptr, &opened));
    engine_.reset(opened);
  }
  /// Another handle on the same store, through which that person acts.
  Engine as(const std::string& actor) const {
    Engine other;
    bccast_engine* made = nullptr;
    check(bccast_as(get(), actor.c_str(), &made));
    other.engine_.reset(made);
    return other;
  }
  bccast_engine* get() const noexcept { return engine_.get(); }

 private:
  Engine() = default;
  struct Close {
    // Nobody else uses the engine by now, so there is nothing to wait for.
    void operator()(bccast_engine* engine) const noexcept { bccast_close(engine, 0); }
  };
  std::unique_ptr<bccast_engine, Close> engine_;
};

/// A table that the library gave. Views into it live as long as it does.
class Rows {
 public:
  /// For the out_rows of a call; what was held before is freed.
  bccast_rows** out() noexcept {
    bccast_rows_free(std::exchange(rows_, nullptr));
    return &rows_;
  }
  Rows() = default;
  Rows(Rows&& other) noexcept : rows_(std::exchange(other.rows_, nullptr)) {}
  Rows& operator=(Rows&& other) noexcept {
    std::swap(rows_, other.rows_);
    return *this;
  }
  ~Rows() { bccast_rows_free(rows_); }

  std::size_t count() const noexcept { return bccast_rows_count(rows_); }
  std::size_t columns() const noexcept { return bccast_rows_columns(rows_); }
  std::string name(std::size_t column) const { return bccast_rows_name(rows_, column); }
  bool is_number(std::size_t column) const noexcept {
    return bccast_rows_type(rows_, column) == BCCAST_TYPE_I64;
  }
  std::size_t find(const char* column) const {
    std::size_t found = 0;
    check(bccast_rows_find(rows_, column, &found));
    return found;
  }

  bool has(const char* column) const noexcept {
    std::size_t found = 0;
    return bccast_rows_find(rows_, column, &found) == BCCAST_OK;
  }

  /// nullopt for an empty cell.
  std::optional<std::int64_t> number(std::size_t row, std::size_t column) const {
    std::int64_t value = 0;
    if (check(bccast_rows_i64_at(rows_, row, column, &value)) == BCCAST_NULL) return std::nullopt;
    return value;
  }
  std::optional<std::string_view> text(std::size_t row, std::size_t column) const {
    const char* bytes = nullptr;
    std::size_t length = 0;
    if (check(bccast_rows_text_at(rows_, row, column, &bytes, &length)) == BCCAST_NULL) return std::nullopt;
    return std::string_view(bytes, length);
  }
  /// The same by name; an empty cell is 0 or "".
  std::int64_t number(std::size_t row, const char* column) const {
    std::int64_t value = 0;
    check(bccast_rows_get_i64(rows_, row, column, &value));
    return value;
  }
  std::string_view text(std::size_t row, const char* column) const {
    const char* bytes = nullptr;
    std::size_t length = 0;
    check(bccast_rows_get_text(rows_, row, column, &bytes, &length));
    return {bytes, length};
  }
  /// A whole column; empty cells are 0 and "".
  std::span<const std::int64_t> numbers(const char* column) const {
    const std::int64_t* values = nullptr;
    check(bccast_rows_i64(rows_, find(column), &values));
    return {values, count()};
  }
  std::vector<std::string_view> texts(std::size_t column) const {
    const char* bytes = nullptr;
    const std::uint64_t* offsets = nullptr;
    check(bccast_rows_text(rows_, column, &bytes, &offsets));
    std::vector<std::string_view> texts;
    texts.reserve(count());
    for (std::size_t i = 0; i < count(); ++i) {
      texts.emplace_back(bytes + offsets[i], offsets[i + 1] - offsets[i] - 1);  // without the NUL behind it
    }
    return texts;
  }

  /// A row as a JSON object; valid until the next one is asked for.
  std::string_view json(std::size_t row) const {
    const char* text = nullptr;
    std::size_t length = 0;
    check(bccast_rows_json(rows_, row, &text, &length));
    return {text, length};
  }

  /// The cursor of the next page; nullptr: there is none.
  const char* next() const noexcept { return bccast_rows_next(rows_); }

 private:
  bccast_rows* rows_ = nullptr;
};

/// Many texts, laid out as the calls that end in _many take them: all bytes in a row, and where each begins.
class Column {
 public:
  void add(std::string_view text) {
    bytes_.append(text);
    offsets_.push_back(bytes_.size());
  }
  void clear() noexcept {
    bytes_.clear();
    offsets_.resize(1);
  }
  std::size_t size() const noexcept { return offsets_.size() - 1; }
  std::string_view operator[](std::size_t i) const {
    return std::string_view(bytes_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
  }
  const char* bytes() const noexcept { return bytes_.data(); }
  /// A call may start at any text: give it the offsets from there on.
  const std::uint64_t* offsets(std::size_t first = 0) const noexcept { return offsets_.data() + first; }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> offsets_{0};
};

}  // namespace cli
