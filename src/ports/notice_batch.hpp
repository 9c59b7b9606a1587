// The notifications a notifier is given together, as columns. There is no text, blast, provider or count in
// the type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/public_id.hpp"
#include "ports/notifier.hpp"

namespace bccast {

/// A column of texts: their bytes, each with a NUL behind, and where each begins.
class TextColumn {
 public:
  TextColumn() : offsets_{0} {}
  void add(std::string_view text) {
    bytes_.append(text).push_back('\0');
    offsets_.push_back(bytes_.size());
  }
  std::size_t size() const noexcept { return offsets_.size() - 1; }
  std::string_view at(std::size_t row) const noexcept {
    return {bytes_.data() + offsets_[row], static_cast<std::size_t>(offsets_[row + 1] - offsets_[row] - 1)};
  }
  const char* bytes() const noexcept { return bytes_.data(); }
  const std::uint64_t* offsets() const noexcept { return offsets_.data(); }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> offsets_;
};

class NoticeBatch {
 public:
  explicit NoticeBatch(const PublicIds& ids) : ids_(&ids) {}

  std::size_t size() const noexcept { return items_.size(); }
  /// The id of the notification: the same at every attempt.
  PublicId id(std::size_t i) const noexcept { return ids_->encode(items_[i]); }
  /// The thread the message is in.
  PublicId thread(std::size_t i) const noexcept { return ids_->encode(threads_[i]); }
  bool to_provider(std::size_t i) const noexcept { return to_provider_[i] != 0; }
  const TextColumn& to() const noexcept { return to_; }  // the host's id
  const TextColumn& address() const noexcept { return address_; }
  const TextColumn& to_name() const noexcept { return to_name_; }
  const TextColumn& locale() const noexcept { return locale_; }
  /// When the message was written, in whole seconds.
  const std::vector<std::int64_t>& at() const noexcept { return at_; }

  const ItemOutcome* outcome(std::size_t i) const noexcept {
    return i < outcomes_.size() ? &outcomes_[i] : nullptr;
  }
  void set(std::size_t i, ItemOutcome outcome) {
    if (outcomes_.size() < size()) outcomes_.resize(size());
    outcomes_[i] = std::move(outcome);
  }

  void add(const IdParts& item, const IdParts& thread, bool to_provider, std::string_view to,
           std::string_view address, std::string_view to_name, std::string_view locale, Ms at) {
    items_.push_back(item);
    threads_.push_back(thread);
    to_provider_.push_back(to_provider ? 1 : 0);
    to_.add(to);
    address_.add(address);
    to_name_.add(to_name);
    locale_.add(locale);
    at_.push_back(at);
  }
  /// Nothing is in it any more.
  void clear() { *this = NoticeBatch(*ids_); }

 private:
  const PublicIds* ids_;  // ids are made when asked for: most notifiers need but one of them
  std::vector<IdParts> items_;
  std::vector<IdParts> threads_;
  std::vector<std::uint8_t> to_provider_;
  TextColumn to_;
  TextColumn address_;
  TextColumn to_name_;
  TextColumn locale_;
  std::vector<std::int64_t> at_;
  std::vector<ItemOutcome> outcomes_;
};

}  // namespace bccast
