#include "core/texts.hpp"

#include <utility>

#include "base/error.hpp"
#include "model/row_sum.hpp"

namespace bccast::texts {
namespace {

constexpr char kPlain = 1;
constexpr std::size_t kSumBytes = 8;
constexpr std::size_t kHead = 1 + kSumBytes;

RowSum key_of_blast(ProviderNo provider, BlastNo blast) {
  return RowSum(RowKind::blast_text).add(provider).add(blast);
}

RowSum key_of_message(const ThreadKey& thread, std::int64_t seq) {
  const ThreadKey shelf = thread.shelf();
  return RowSum(RowKind::message)
      .add(shelf.provider_no)
      .add(std::int64_t{shelf.place})
      .add(shelf.origin)
      .add(seq);
}

/// `key`: by value, what follows is added to it.
std::string sum_of(RowSum key, std::string_view content) {
  const auto sum = static_cast<std::uint64_t>(key.add(content).finish());
  std::string bytes(kSumBytes, '\0');
  for (std::size_t i = 0; i < kSumBytes; ++i) bytes[i] = static_cast<char>(sum >> (8 * i));
  return bytes;
}

std::string seal(const RowSum& key, std::string_view content) {
  std::string bytes;
  bytes.reserve(kHead + content.size());
  bytes.push_back(kPlain);
  bytes += sum_of(key, content);
  bytes += content;
  return bytes;
}

std::string open(const RowSum& key, std::string_view bytes) {
  const bool known = bytes.size() >= kHead && bytes.front() == kPlain;
  if (!known) throw Error(Code::corrupt, "a text is damaged, or stored in an unknown form");
  const auto content = bytes.substr(kHead);
  if (bytes.substr(1, kSumBytes) != sum_of(key, content))
    throw Error(Code::corrupt, "a text is damaged, or another's");
  return std::string(content);
}

}  // namespace

std::string seal_of_blast(ProviderNo provider, BlastNo blast, std::string_view text) {
  return seal(key_of_blast(provider, blast), text);
}

std::string seal_of_message(const ThreadKey& thread, std::int64_t seq, std::string_view text) {
  return seal(key_of_message(thread, seq), text);
}

std::optional<std::string> of_blast(const Tables& tables, ProviderNo provider, BlastNo blast) {
  const auto stored = tables.blasts().text(provider, blast);
  if (!stored) return std::nullopt;
  return open_of_blast({provider, blast}, *stored);
}

std::string open_of_blast(const BlastKey& blast, std::string_view stored) {
  return open(key_of_blast(blast.first, blast.second), stored);
}

Message open_message(const ThreadKey& thread, Message stored) {
  if (!stored.removed) stored.text = open(key_of_message(thread, stored.seq), stored.text);
  return stored;
}

}  // namespace bccast::texts
