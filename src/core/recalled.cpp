#include "core/recalled.hpp"

#include "base/error.hpp"

namespace bccast {

std::optional<Thread> as_seen(const Tables& tables, const Thread& stored) {
  if (!stored.key.of_blast() || stored.client_read > 0) return stored;
  const auto blast = tables.blasts().blast(stored.key.provider_no, stored.key.origin);
  if (!blast) throw Error(Code::corrupt, "a blast is missing");
  if (blast->state != BlastState::recalled) return stored;
  if (!tables.blasts().has_thread(stored.key.provider_no, stored.key.place, blast->seq)) return std::nullopt;
  return without_message(stored);
}

}  // namespace bccast
