// How to open a store: the documented keys, and the notifiers.
#include <array>

#include <bccast/engine.hpp>

#include "model/blast.hpp"
#include "model/number.hpp"
#include "model/text_rules.hpp"
#include "ports/notice_batch.hpp"

namespace bccast {
namespace {

constexpr std::string_view kNotifierPrefix = "notifier.";

constexpr std::array kKeys{
    Options::Key{
        "notifier.<channel>", "text", "",
        "a built-in notifier for a channel: maildir:PATH, a mail for each notification into that maildir"},
    Options::Key{"deadline_ms", "milliseconds", "3600000",
                 "a blast that is not finished so long after it was sent is overdue"},
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
  bool notify(NoticeBatch& batch) override {
    Notices notices(batch);
    return notify_(notices);
  }

 private:
  std::function<bool(Notices&)> notify_;
};

}  // namespace

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
  batch_.set(i, {static_cast<ItemStatus>(status), std::string(reason), retry_after_ms});
}

std::span<const Options::Key> Options::keys() noexcept {
  return kKeys;
}

void Options::set(std::string_view key, std::string_view value) {
  if (value.find('\0') != std::string_view::npos) throw Error(Code::argument, "the value holds a NUL");
  if (key.starts_with(kNotifierPrefix)) {
    check_key(key.substr(kNotifierPrefix.size()), "channel");
    if (!value.starts_with("maildir:") || value.size() == std::string_view("maildir:").size())
      throw Error(Code::argument, "the notifier is not of the form maildir:PATH");
    values_.insert_or_assign(std::string(key), std::string(value));
    return;
  }
  for (const auto& known : kKeys) {
    if (key != known.key) continue;
    if (std::string_view(known.type) == "milliseconds") parse_number(value, 1, kLongestDeadline, known.key);
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

void Options::notifier(std::string_view channel, std::shared_ptr<Notifier> notifier) {
  check_key(channel, "channel");
  if (!notifiers_.emplace(std::string(channel), std::move(notifier)).second)
    throw Error(Code::conflict, "the channel has a notifier already");
}

void Options::release_parts() noexcept {
  notifiers_.clear();
  clock_.reset();
}

}  // namespace bccast
