#include "core/recalled.hpp"

#include <vector>

#include "base/error.hpp"

namespace bccast {
namespace {

BlastKey blast_of(const ThreadKey& key) {
  return {key.provider_no, key.origin};
}

}  // namespace

SeenThreads::SeenThreads(const Tables& tables, std::span<const Thread> stored) {
  std::vector<BlastKey> blasts;
  for (const auto& thread : stored)
    if (may_be_recalled(thread)) blasts.push_back(blast_of(thread.key));
  if (blasts.empty()) return;
  blasts_ = tables.blasts().blasts(blasts);
  std::vector<RecipientKey> recalled;
  for (const auto& thread : stored) {
    const auto key = blast_of(thread.key);
    if (!may_be_recalled(thread) || blasts_.is_damaged(key)) continue;
    const auto* blast = blasts_.find(key);
    if (blast != nullptr && blast->state == BlastState::recalled)
      recalled.push_back({thread.key.provider_no, thread.key.place, blast->seq});
  }
  if (!recalled.empty()) have_ = tables.blasts().have_threads(recalled);
}

std::optional<Thread> SeenThreads::of(const Thread& stored) const {
  if (!may_be_recalled(stored)) return stored;
  const auto* blast = blasts_.find(blast_of(stored.key));
  if (blast == nullptr) throw Error(Code::corrupt, "a blast is missing");
  if (blast->state != BlastState::recalled) return stored;
  if (!*have_.find({stored.key.provider_no, stored.key.place, blast->seq})) return std::nullopt;
  return without_message(stored);
}

}  // namespace bccast
