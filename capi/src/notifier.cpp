#include "notifier.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "guard.hpp"

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

}  // namespace

bccast_batch::bccast_batch(NoticeBatch& batch) : notices(&batch) {
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
  rows.columns.push_back(
      {"at_ms",
       BCCAST_TYPE_I64,
       false,
       nullptr,
       std::shared_ptr<const std::vector<std::int64_t>>(std::shared_ptr<void>(), &batch.at()),
       {},
       {}});
  rows.columns.push_back(borrowed("locale", batch.locale(), true));
}

bool VtblNotifier::notify(NoticeBatch& batch) {
  bccast_batch handed(batch);
  return vtbl_.notify(self_, &handed) == BCCAST_OK;
}

const bccast_rows* bccast_batch_rows(const bccast_batch* batch) {
  return batch != nullptr && batch->magic == bccast_batch::kMagic ? &batch->rows : nullptr;
}

int32_t bccast_batch_set(bccast_batch* batch, size_t item, int32_t status, const char* reason,
                         int64_t retry_after_ms) {
  return guard([&] {
    if (batch == nullptr) throw Error(Code::argument, "the batch is NULL");
    if (batch->magic != bccast_batch::kMagic) throw Error(Code::handle, "not a batch");
    if (item >= batch->notices->size()) throw Error(Code::argument, "the batch has no such item");
    if (status < BCCAST_ITEM_DONE || status > BCCAST_ITEM_NOT_TRIED)
      throw Error(Code::argument, "the status is none of BCCAST_ITEM_*");
    if (retry_after_ms < -1) throw Error(Code::argument, "the time to wait is below -1");
    const auto why = optional(reason);
    const auto colon = std::min(why.find(':'), why.size());
    if (colon > kMaxClass || why.size() - colon > kMaxDetail + 1)
      throw Error(Code::limit, "the reason is too long: at most 64 bytes of class and 200 of detail");
    if (const auto fault = check_utf8(why, false); fault != TextFault::none)
      throw Error(fault == TextFault::not_utf8 ? Code::utf8 : Code::argument,
                  "the reason is not a plain text");
    batch->notices->set(item, {static_cast<ItemStatus>(status), std::string(why), retry_after_ms});
    return BCCAST_OK;
  });
}
