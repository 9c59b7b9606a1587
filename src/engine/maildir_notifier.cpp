#include "engine/maildir_notifier.hpp"

#include <vector>

namespace bccast {

Handled MaildirNotifier::notify(NoticeBatch& batch, const std::shared_ptr<BatchControl>&) {
  std::vector<PublicId> ids;
  std::vector<PublicId> threads;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    ids.push_back(batch.id(i));
    threads.push_back(batch.thread(i));
  }
  std::vector<MaildirItem> items;
  for (std::size_t i = 0; i < batch.size(); ++i)
    items.push_back({view(ids[i]), batch.address().at(i), view(threads[i]), batch.at()[i]});
  std::vector<Maildir::Outcome> outcomes(items.size());
  maildir_.deliver_batch(items, outcomes);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (outcomes[i].verdict == Maildir::Verdict::done) continue;
    const auto status =
        outcomes[i].verdict == Maildir::Verdict::failed ? ItemStatus::failed : ItemStatus::retry;
    batch.set(i, {status, outcomes[i].reason, -1});
  }
  return Handled::as_set;
}

}  // namespace bccast
