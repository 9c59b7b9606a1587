// How to open a store: the documented keys, and the notifiers.
#include <array>

#include <bccast/engine.hpp>

#include "engine/notifiers.hpp"
#include "model/blast.hpp"
#include "model/number.hpp"
#include "model/retry.hpp"
#include "model/text_rules.hpp"
#include "ports/delivery.hpp"
#include "ports/notice_batch.hpp"
#include "ports/queue.hpp"

namespace bccast {
namespace {

constexpr std::string_view kNotifierPrefix = "notifier.";

constexpr std::array kKeys{
    Options::Key{
        "notifier.<channel>", "text", "",
        "a built-in notifier for a channel: maildir:PATH, a mail for each notification into that maildir"},
    Options::Key{"deadline_ms", "milliseconds", "3600000",
                 "a blast that is not finished so long after it was sent is overdue"},
    Options::Key{"late_limit_ms", "milliseconds", "3600000",
                 "a schedule that nobody could carry out for so long is missed: a draft again"},
    Options::Key{
        "lease_ms", "milliseconds", "60000",
        "how long what this engine claims is its own; 1000 to 600000. What a process that died had in "
        "hand is taken up within two of these"},
    Options::Key{"events_keep_ms", "milliseconds", "604800000",
                 "events that nobody has acknowledged are forgotten after this"},
    Options::Key{
        "own_channel", "text", "",
        "a channel that delivers: messages written through this engine came by it and are not delivered "
        "there again; blasts are"},
    Options::Key{"mail.from", "address", "no-reply@localhost.invalid", "From of notification mails"},
    Options::Key{"mail.from_name", "text", "", "the name beside it"},
    Options::Key{"mail.reply_to", "address", "", "Reply-To; empty: as From"},
    Options::Key{"mail.subject", "text", "You have a new message", "Subject: the same for every mail"},
    Options::Key{"mail.link_prefix", "text", "",
                 "a link in the mail: this text with the thread's id behind it; empty: no link"},
    Options::Key{"mail.message_id_domain", "text", "", "right side of Message-ID; empty: the domain of From"},
};

/// A std::function as a notifier.
class FunctionNotifier final : public Notifier {
 public:
  explicit FunctionNotifier(std::function<bool(Notices&)> notify) : notify_(std::move(notify)) {}
  Handled notify(NoticeBatch& batch, const std::shared_ptr<BatchControl>&) override {
    Notices notices(batch);
    return notify_(notices) ? Handled::as_set : Handled::failed;
  }

 private:
  std::function<bool(Notices&)> notify_;
};

/// The same for deliverers.
class FunctionDeliverer final : public Deliverer {
 public:
  FunctionDeliverer(std::function<bool(Deliveries&)> deliver, std::function<bool(Deliveries&)> retract)
      : deliver_(std::move(deliver)), retract_(std::move(retract)) {}
  Handled deliver(NoticeBatch& batch, const Delivery& delivery,
                  const std::shared_ptr<BatchControl>&) override {
    Deliveries deliveries(batch, delivery);
    return deliver_(deliveries) ? Handled::as_set : Handled::failed;
  }
  Handled retract(NoticeBatch& batch, const Delivery& delivery,
                  const std::shared_ptr<BatchControl>&) override {
    if (!retract_) return cannot_retract(batch);
    Deliveries deliveries(batch, delivery);
    return retract_(deliveries) ? Handled::as_set : Handled::failed;
  }

 private:
  std::function<bool(Deliveries&)> deliver_;
  std::function<bool(Deliveries&)> retract_;
};

}  // namespace

MessageNotice Deliveries::message(std::size_t i) const {
  if (i >= size()) throw Error(Code::argument, "the batch has no such item");
  return {delivery_.provider.at(i), delivery_.provider_name.at(i), delivery_.client.at(i),
          delivery_.kind.at(i),     delivery_.title.at(i),         delivery_.seq[i],
          delivery_.author.at(i),   delivery_.author_name.at(i),   delivery_.text.at(i)};
}

std::size_t Notices::size() const noexcept {
  return batch_.size();
}

Notice Notices::at(std::size_t i) const {
  if (i >= batch_.size()) throw Error(Code::argument, "the batch has no such item");
  return {std::string(view(batch_.id(i))),
          batch_.to_provider(i),
          batch_.to().at(i),
          batch_.address().at(i),
          batch_.to_name().at(i),
          std::string(view(batch_.thread(i))),
          batch_.at()[i],
          batch_.locale().at(i)};
}

void Notices::set(std::size_t i, NoticeStatus status, std::string_view reason, std::int64_t retry_after_ms) {
  if (i >= batch_.size()) throw Error(Code::argument, "the batch has no such item");
  check_retry_after(retry_after_ms);
  batch_.set(i, {static_cast<ItemStatus>(status), std::string(reason), retry_after_ms});
}

std::span<const Options::Key> Options::keys() noexcept {
  return kKeys;
}

void Options::set(std::string_view key, std::string_view value) {
  if (value.find('\0') != std::string_view::npos) throw Error(Code::argument, "the value holds a NUL");
  if (key.starts_with(kNotifierPrefix)) {
    check_key(key.substr(kNotifierPrefix.size()), "channel");
    check_notifier_name(value);
    values_.insert_or_assign(std::string(key), std::string(value));
    return;
  }
  for (const auto& known : kKeys) {
    if (key != known.key) continue;
    if (key == "own_channel" && !value.empty()) check_key(value, "channel");
    if (key == "lease_ms") {
      parse_number(value, kShortestLease, kLongestLease, known.key);
    } else if (std::string_view(known.type) == "milliseconds") {
      parse_number(value, 1, kLongestDeadline, known.key);
    }
    values_.insert_or_assign(std::string(key), std::string(value));
    return;
  }
  throw Error(Code::not_found, "there is no such key");
}

std::string Options::get(std::string_view key) const {
  if (const auto found = values_.find(key); found != values_.end()) return found->second;
  for (const auto& known : kKeys)
    if (key == known.key) return known.fallback;
  return {};
}

void Options::notifier(std::string_view channel, std::function<bool(Notices&)> notify) {
  notifier(channel, std::make_shared<FunctionNotifier>(std::move(notify)));
}

void Options::deliverer(std::string_view channel, std::function<bool(Deliveries&)> deliver,
                        std::function<bool(Deliveries&)> retract) {
  deliverer(channel, std::make_shared<FunctionDeliverer>(std::move(deliver), std::move(retract)));
}

void Options::notifier(std::string_view channel, std::shared_ptr<Notifier> notifier) {
  check_free(channel);
  notifiers_.emplace(std::string(channel), std::move(notifier));
}

void Options::deliverer(std::string_view channel, std::shared_ptr<Deliverer> deliverer) {
  check_free(channel);
  deliverers_.emplace(std::string(channel), std::move(deliverer));
}

void Options::check_free(std::string_view channel) const {
  check_key(channel, "channel");
  if (notifiers_.contains(channel) || deliverers_.contains(channel))
    throw Error(Code::conflict, "the channel has a handler already");
}

void Options::queue(std::shared_ptr<Queue> queue) {
  if (queue_) throw Error(Code::conflict, "there is a queue already");
  queue_ = std::move(queue);
}

void Options::release_parts() noexcept {
  notifiers_.clear();
  deliverers_.clear();
  queue_.reset();
  clock_.reset();
}

}  // namespace bccast
