// A practice in a store for two: what it holds, what can be done to it, and what everybody then sees of it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../unit/still_clock.hpp"
#include "core/channels.hpp"
#include "core/communities.hpp"
#include "core/control.hpp"
#include "core/conversation.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/erasure.hpp"
#include "core/events.hpp"
#include "core/host_refs.hpp"
#include "core/in_parts.hpp"
#include "core/inbox.hpp"
#include "core/indexing.hpp"
#include "core/overdue.hpp"
#include "core/progress.hpp"
#include "core/provider_end.hpp"
#include "core/roster.hpp"
#include "core/scheduling.hpp"
#include "core/second_tries.hpp"
#include "core/sending.hpp"
#include "core/verification.hpp"
#include "core/work.hpp"
#include "read_committed.hpp"

namespace test::beside {

using namespace bccast;
using memory::SideBySide;

/// One of two hosts of a store.
struct Host {
  Host(SideBySide& both, std::size_t who, Clock& clock, PortHook hook)
      : store(both, who, std::move(hook)), context(store, clock) {}

  memory::StoreOfOne store;
  Context context;
  Directory directory{context};
  Drafting drafting{context};
  Inbox inbox{context};
  Conversation conversation{context};
  Communities communities{context};
  Sending sending{context};
  Scheduling scheduling{context};
  Control control{context};
  InParts in_parts{context};
  ProviderEnd provider_end{context};
  Erasure erasure{context};
  Progress progress{context};
  Overdue overdue{context};
  Roster roster{context};
  SecondTries second_tries{context};
  Channels channels{context};
  HostRefs host_refs{context};
  Events events{context};
  Work work{context};

  std::string draft(const std::string& text, std::vector<std::string_view> clients = {}) {
    const auto blast = drafting.create("lee", {}).blast;
    if (clients.empty()) {
      drafting.act_all("lee", blast, Drafting::Act::select);
    } else {
      drafting.act_many("lee", blast, clients, Drafting::Act::select);
    }
    drafting.write("lee", blast, text);
    return blast;
  }
  std::string send(const std::string& text, std::vector<std::string_view> clients = {}) {
    const auto blast = draft(text, std::move(clients));
    sending.send("lee", blast, {});
    return blast;
  }
  /// Null: nothing is due.
  std::shared_ptr<Assignment> claim(ChannelNo channel) {
    std::shared_ptr<Assignment> next = work.advance(bccast::verb::pump, channel, nullptr, 64).next;
    if (next) work.load(*next);
    return next;
  }
  std::string report(const Assignment& assignment, BatchResult result = BatchResult::as_set) {
    Report report;
    report.assignment = &assignment;
    report.result = result;
    const auto advanced = work.advance(bccast::verb::pump, assignment.claim.channel_no, &report, 0);
    return advanced.too_late ? "too late" : "taken";
  }
};

/// What a verb is called, and what it answers.
struct Verb {
  std::string name;
  std::function<std::string(Host&)> act;
};

/// A code, or what an Error says.
inline std::string answer_of(const std::function<std::string()>& act) {
  try {
    return act();
  } catch (const Error& error) {
    return fmt::format("error {}", static_cast<int>(error.code()));
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// Who is told of what, in no order.
inline std::vector<std::string> told_by(const Assignment& assignment) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < assignment.batch.size(); ++i)
    all.push_back(fmt::format("{} of {} at {}", assignment.batch.to().at(i), view(assignment.batch.thread(i)),
                              assignment.batch.address().at(i)));
  std::sort(all.begin(), all.end());
  return all;
}
inline std::string text_of(const Assignment& assignment) {
  return fmt::format("{}", fmt::join(told_by(assignment), ", "));
}

/// A verb that answers with nothing, with a code or with a text.
template <typename F>
auto doing(F f) {
  return [f](Host& host) {
    return answer_of([&]() -> std::string {
      if constexpr (std::is_void_v<decltype(f(host))>) {
        f(host);
        return "done";
      } else if constexpr (std::is_same_v<decltype(f(host)), Code>) {
        return fmt::format("code {}", static_cast<int>(f(host)));
      } else {
        return f(host);
      }
    });
  };
}

/// A store as it is at the beginning, and what can be done to it.
class Scenario {
 public:
  Scenario();

  const std::vector<Verb>& verbs() const noexcept { return verbs_; }
  const Verb& verb(std::string_view name) const;
  /// The store as it is at the beginning, whatever became of others.
  SideBySide begin() { return SideBySide(key_, data_); }
  StillClock& clock() noexcept { return clock_; }

  /// What providers, clients and the operator see in the end, and then whatever is still to be told.
  std::string seen(Host& host);

 protected:
  /// In the end it is also seen what is told so much later.
  void look_later(Ms later) { later_ = later; }
  void add(std::string name, std::function<std::string(Host&)> act) {
    verbs_.push_back({std::move(name), std::move(act)});
  }
  /// What is there now is the beginning.
  void set_beginning() { data_ = setup_.newest(); }

 private:
  SecretKey key_ = random_key();

 protected:
  StillClock clock_;
  SideBySide setup_{key_, memory::Data()};
  Host host_{setup_, SideBySide::kFirst, clock_, [](const PortCall&) {}};

 private:
  memory::Data data_;
  std::vector<Verb> verbs_;
  Ms later_ = 0;
};

/// Something of everything.
class Practice : public Scenario {
 public:
  Practice();

 private:
  void add_verbs_of_people();
  void add_verbs_of_blasts();
  void add_verbs_of_threads();
  void add_verbs_of_work();

  // Blasts of Dr. Lee's.
  std::string draft_;
  std::string scheduled_;
  std::string sent_;       // nothing of it was claimed
  std::string half_told_;  // a batch of each delivering channel is in flight
  std::string paused_;
  std::string recalled_;
  std::string failed_;
  std::string direct_;  // threads
  std::string community_;
  std::string of_sent_;
  std::shared_ptr<Assignment> on_chat_;
  std::shared_ptr<Assignment> on_app_;
};

}  // namespace test::beside
