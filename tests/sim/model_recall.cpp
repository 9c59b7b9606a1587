// What a recall leaves, from what the manual says: who has read it, written there, or was told or is being
// told keeps the thread.
#include <algorithm>

#include "model.hpp"

namespace sim {

Thread::Fate Model::fate_of(ThreadNo number) const {
  const Thread& thread = threads[at(number)];
  if (thread.client_read > 0 || thread.messages.size() > 1) return Thread::Fate::kept;
  auto fate = Thread::Fate::gone;
  const auto found = items_of.find(number);
  if (found == items_of.end()) return fate;
  for (const auto i : found->second) {
    const Item& item = items[i];
    const bool sure = !item.uncertain && !item.unclear && !item.dropped && !item.alike;
    if (sure && item.stored && item.answer == Item::Answer::done) return Thread::Fate::kept;
    // Whom a batch that is out has left out is not stored before it is reported.
    const bool never = sure && !item.given && !item.may_be_left_out() && item.answer == Item::Answer::none;
    if (!never) fate = Thread::Fate::open;
  }
  return fate;
}

void Model::recall(BlastNo number) {
  Blast& blast = blasts[at(number)];
  if (blast.state == Blast::State::recalled) return;  // asked again
  blast.state = Blast::State::recalled;
  for (const auto& [person, own] : blast.threads) {
    Thread& thread = threads[at(own)];
    thread.fate = fate_of(own);
    thread.messages[0].recalled = true;
    thread.client_read = std::max(thread.client_read, 1);
  }
  note_reasons();
}

}  // namespace sim
