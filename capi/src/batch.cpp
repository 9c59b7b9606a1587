#include "batch.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "guard.hpp"
#include "model/retry.hpp"

using namespace bccast;
using namespace bccast::capi;

namespace {

constexpr std::size_t kMaxClass = 64;
constexpr std::size_t kMaxDetail = 200;

/// Makes a column of ids when it is first asked for: most notifiers need but one of them.
template <typename Get>
Column made(const char* name, const NoticeBatch& batch, Get get) {
  return {name, BCCAST_TYPE_TEXT, false, nullptr, nullptr, {}, [&batch, get] {
            auto texts = std::make_shared<TextColumn>();
            for (std::size_t i = 0; i < batch.size(); ++i) texts->add(get(batch, i));
            return std::shared_ptr<const TextColumn>(std::move(texts));
          }};
}

/// A column the batch itself holds.
Column borrowed(const char* name, const TextColumn& texts, bool empty_is_null) {
  return {name,
          BCCAST_TYPE_TEXT,
          empty_is_null,
          std::shared_ptr<const TextColumn>(std::shared_ptr<void>(), &texts),
          nullptr,
          {},
          {}};
}

/// Runs a callback with the batch. A code below 0: the whole batch again later.
template <typename Call>
Handled lend(const std::shared_ptr<BatchControl>& control, Call&& call) {
  auto batch = std::make_unique<Batch>(control, Batch::Owner::callback);
  const std::int32_t code = call(batch->handle());
  if (code == BCCAST_PENDING) {
    auto callback = Batch::Owner::callback;
    if (batch->owner.compare_exchange_strong(callback, Batch::Owner::host))
      static_cast<void>(batch.release());
    return Handled::kept;
  }
  return code == BCCAST_OK ? Handled::as_set : Handled::failed;
}

/// Null: not a handle, or a freed one.
Batch* find_batch(const bccast_batch* handle) noexcept {
  return static_cast<Batch*>(batch_handles.find(reinterpret_cast<std::uintptr_t>(handle)));
}

Batch& batch_of(const bccast_batch* handle) {
  if (handle == nullptr) throw Error(Code::argument, "the batch is NULL");
  Batch* batch = find_batch(handle);
  if (batch == nullptr) throw Error(Code::handle, "not a batch, or a freed one");
  if (batch->pid != getpid()) throw Error(Code::forked, "the batch was claimed before a fork");
  return *batch;
}

ItemOutcome outcome_of(std::int32_t status, const char* reason, std::int64_t retry_after_ms) {
  if (status < BCCAST_ITEM_DONE || status > BCCAST_ITEM_NOT_TRIED)
    throw Error(Code::argument, "the status is none of BCCAST_ITEM_*");
  check_retry_after(retry_after_ms);
  const auto why = optional(reason);
  const auto colon = std::min(why.find(':'), why.size());
  if (colon > kMaxClass || why.size() - colon > kMaxDetail + 1)
    throw Error(Code::limit, "the reason is too long: at most 64 bytes of class and 200 of detail");
  if (const auto fault = check_utf8(why, false); fault != TextFault::none)
    throw Error(fault == TextFault::not_utf8 ? Code::utf8 : Code::argument, "the reason is not a plain text");
  return {static_cast<ItemStatus>(status), std::string(why), retry_after_ms};
}

std::shared_ptr<const std::vector<std::int64_t>> borrowed(const std::vector<std::int64_t>& numbers) {
  return {std::shared_ptr<void>(), &numbers};
}

}  // namespace

Batch::Batch(std::shared_ptr<BatchControl> control_in, Owner owner_in)
    : control(std::move(control_in)),
      pid(getpid()),
      owner(owner_in),
      rows_handle_(rows_handles, &rows_),
      handle_(batch_handles, this) {
  Rows& rows = rows_;
  const NoticeBatch& batch = control->notices();
  rows.count = batch.size();
  rows.borrowed = true;
  rows.columns.push_back(
      made("id", batch, [](const NoticeBatch& b, std::size_t i) { return std::string(view(b.id(i))); }));
  rows.columns.push_back(made("to_kind", batch, [](const NoticeBatch& b, std::size_t i) {
    return std::string_view(b.to_provider(i) ? "provider" : "client");
  }));
  rows.columns.push_back(borrowed("to", batch.to(), false));
  rows.columns.push_back(borrowed("address", batch.address(), true));
  rows.columns.push_back(borrowed("to_name", batch.to_name(), true));
  rows.columns.push_back(made(
      "thread", batch, [](const NoticeBatch& b, std::size_t i) { return std::string(view(b.thread(i))); }));
  rows.columns.push_back({"at_ms", BCCAST_TYPE_I64, false, nullptr, borrowed(batch.at()), {}, {}});
  rows.columns.push_back(borrowed("locale", batch.locale(), true));
  const Delivery* delivery = control->delivery();
  if (delivery == nullptr) return;
  rows.columns.push_back(borrowed("provider", delivery->provider, false));
  rows.columns.push_back(borrowed("provider_name", delivery->provider_name, true));
  rows.columns.push_back(borrowed("client", delivery->client, true));
  rows.columns.push_back(borrowed("kind", delivery->kind, false));
  rows.columns.push_back(borrowed("title", delivery->title, true));
  rows.columns.push_back({"seq", BCCAST_TYPE_I64, false, nullptr, borrowed(delivery->seq), {}, {}});
  rows.columns.push_back(borrowed("author", delivery->author, true));
  rows.columns.push_back(borrowed("author_name", delivery->author_name, true));
  rows.columns.push_back(borrowed("action", delivery->action, false));
  Column text{"text", BCCAST_TYPE_TEXT, true, nullptr, nullptr, {}, {}};
  text.long_texts = &delivery->text;
  rows.columns.push_back(std::move(text));
}

Handled VtblNotifier::notify(NoticeBatch&, const std::shared_ptr<BatchControl>& control) {
  return lend(control, [&](bccast_batch* batch) { return self_.vtbl().notify(self_.self(), batch); });
}

Handled VtblDeliverer::deliver(NoticeBatch&, const Delivery&, const std::shared_ptr<BatchControl>& control) {
  return lend(control, [&](bccast_batch* batch) { return self_.vtbl().deliver(self_.self(), batch); });
}

Handled VtblDeliverer::retract(NoticeBatch& batch, const Delivery&,
                               const std::shared_ptr<BatchControl>& control) {
  if (self_.vtbl().retract == nullptr) return cannot_retract(batch);
  return lend(control, [&](bccast_batch* lent) { return self_.vtbl().retract(self_.self(), lent); });
}

const bccast_rows* bccast_batch_rows(const bccast_batch* batch) {
  const Batch* found = find_batch(batch);
  return found != nullptr ? found->rows() : nullptr;
}

int32_t bccast_batch_set(bccast_batch* batch, size_t item, int32_t status, const char* reason,
                         int64_t retry_after_ms) {
  return guard([&] {
    auto& notices = batch_of(batch).control->notices();
    if (item >= notices.size()) throw Error(Code::argument, "the batch has no such item");
    notices.set(item, outcome_of(status, reason, retry_after_ms));
    return BCCAST_OK;
  });
}

int32_t bccast_batch_extend(bccast_batch* batch, int64_t ms) {
  return guard([&] {
    batch_of(batch).control->extend(ms);
    return BCCAST_OK;
  });
}

int32_t bccast_batch_complete(bccast_batch* batch, size_t n, const int32_t* statuses) {
  return guard([&] {
    auto& control = *batch_of(batch).control;
    const std::size_t begin = control.reported();
    const std::size_t left = control.notices().size() - begin;
    if (n > left) throw Error(Code::argument, "the batch has fewer items that were not reported");
    if (statuses != nullptr) {
      const std::size_t count = n == 0 ? left : n;
      std::vector<ItemOutcome> outcomes;
      for (std::size_t i = 0; i < count; ++i) outcomes.push_back(outcome_of(statuses[i], nullptr, -1));
      for (std::size_t i = 0; i < count; ++i) control.notices().set(begin + i, std::move(outcomes[i]));
    }
    if (!control.complete(n))
      throw Error(Code::conflict, "some of the items were reported by another: those stay as they were");
    return BCCAST_OK;
  });
}

void bccast_batch_free(bccast_batch* batch) {
  Batch* found = find_batch(batch);
  if (found == nullptr || found->pid != getpid()) return;  // the parent's
  // One that is lent to a callback stays its handle until that returns, and is not kept by it.
  auto callback = Batch::Owner::callback;
  if (found->owner.compare_exchange_strong(callback, Batch::Owner::nobody)) return;
  if (callback == Batch::Owner::host && found->retire()) delete found;  // else another thread was faster
}

int32_t bccast_claim(bccast_engine* engine, const char* channel, uint32_t max_items,
                     bccast_batch** out_batch) {
  if (out_batch != nullptr) *out_batch = nullptr;
  return with_engine(engine, [&](Engine& e) {
    output(out_batch, "batch");
    auto control = e.claim(required(channel, "channel"), max_items);
    if (!control) return Code::done;
    *out_batch = std::make_unique<Batch>(std::move(control), Batch::Owner::host).release()->handle();
    return Code::ok;
  });
}

int32_t bccast_report(bccast_engine* engine, const char* item, int32_t status, const char* reason) {
  return with_engine(engine, [&](Engine& e) {
    const auto outcome = outcome_of(status, reason, -1);
    return e.report(required(item, "item id"), static_cast<NoticeStatus>(outcome.status), outcome.reason);
  });
}
