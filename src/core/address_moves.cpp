#include "core/address_moves.hpp"

#include <map>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "core/told_so_far.hpp"

namespace bccast {
namespace {

/// The lines of blasts under way that notify, and their channels.
template <typename F>
void for_each_open_line(Tables& tables, ProviderNo provider, F&& f) {
  std::map<ChannelNo, std::optional<Channel>> channels;
  for (const auto& line : tables.work().sound_open_lines(provider)) {
    if (line.kind != LineKind::notify) continue;
    auto known = channels.find(line.channel_no);
    if (known == channels.end())
      known = channels.emplace(line.channel_no, tables.work().channel(line.channel_no)).first;
    if (known->second) f(line, *known->second);
  }
}

/// What damage keeps from being known counts as told: nobody is told twice, and it keeps nobody from being
/// changed or erased.
template <typename F>
auto or_told(const F& look, decltype(look()) told) {
  try {
    return look();
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
    return told;
  }
}

/// The moves on one line.
class Following {
 public:
  Following(Tables& tables, LineNo line, Ms now, std::span<const AddressMove* const> moves)
      : tables_(tables), line_(line), moves_(moves) {
    std::vector<AddressOnLine> addresses;
    std::vector<Place> places;
    for (const auto* move : moves) {
      addresses.push_back({line, move->hash});
      places.push_back(move->at.place);
    }
    const auto found = tables.work().told_addresses(addresses);
    const ToldAddress left{line, 0, ToldAddress::kLeft, true};
    for (const auto& address : addresses)
      holders_[address.hash].row = or_told(
          [&] {
            const auto* row = found.find(address);
            return row != nullptr ? std::optional(*row) : std::nullopt;
          },
          std::optional(left));
    or_told([&] { return so_far_.emplace(tables, line, now, places), true; }, true);
  }

  void run() {
    for (const auto* move : moves_) (move->leaves ? leave(*move) : share(*move));
    std::vector<ToldAddress> held;
    std::vector<AddressOnLine> free;
    for (const auto& [hash, holder] : holders_) {
      if (!holder.changed) continue;
      if (holder.row) {
        held.push_back(*holder.row);
      } else {
        free.push_back({line_, hash});
      }
    }
    if (!held.empty()) tables_.work().put_told_addresses(held);
    if (!free.empty()) tables_.work().delete_told_addresses(free);
  }

 private:
  using State = ToldSoFar::State;
  struct Holder {
    std::optional<ToldAddress> row;
    bool changed = false;
  };

  void leave(const AddressMove& move) {
    auto& holder = holders_.at(move.hash);
    if (holder.row && holder.row->place != move.at.place) return;
    const auto state = holder.row && holder.row->told ? State::told : state_of(move.at.place);
    if (state == State::told || (holder.row && state == State::in_flight)) {
      holder = {ToldAddress{line_, move.hash, ToldAddress::kLeft, true}, true};
    } else if (holder.row) {
      holder = {std::nullopt, true};
    } else if (state == State::in_flight) {
      // Its batch may have been read from before, and not have stored yet whom it holds: it finds this row,
      // and is filled again.
      holder = {ToldAddress{line_, move.hash, ToldAddress::kLeft, false}, true};
    }
  }

  void share(const AddressMove& move) {
    auto& holder = holders_.at(move.hash);
    if (holder.row && !holder.row->is_free()) return;
    const auto state = state_of(move.at.place);
    if (state == State::told || state == State::in_flight)
      holder = {ToldAddress{line_, move.hash, move.at.place, false}, true};
  }

  State state_of(Place place) {
    return or_told([&] { return so_far_ ? so_far_->of(place).state : State::told; }, State::told);
  }

  Tables& tables_;
  const LineNo line_;
  std::span<const AddressMove* const> moves_;
  std::map<AddressHash, Holder> holders_;
  std::optional<ToldSoFar> so_far_;  // nothing: damage keeps it from being known
};

/// What is still to be forgotten of lines that have ended goes at once.
void forget_at_once(Tables& tables, ProviderNo provider, std::span<const AddressMove* const> moves) {
  std::vector<AddressOnLine> addresses;
  std::optional<std::vector<LineNo>> lines;
  for (const auto* move : moves) {
    if (!move->leaves) continue;
    if (!lines) lines = tables.work().lines_to_forget(provider);
    for (const auto line : *lines) addresses.push_back({line, move->hash});
  }
  if (!addresses.empty()) tables.work().delete_told_addresses(addresses);
}

}  // namespace

void follow_addresses(Tables& tables, const Context& context, std::span<const AddressMove> moves) {
  std::map<ProviderNo, std::vector<const AddressMove*>> of_providers;
  for (const auto& move : moves) of_providers[move.at.provider_no].push_back(&move);
  const Ms now = context.clock.wall_ms();
  for (const auto& one : of_providers) {
    const auto& of_provider = one.second;
    for_each_open_line(tables, one.first, [&](const Line& line, const Channel& channel) {
      std::vector<const AddressMove*> here;
      for (const auto* move : of_provider)
        if (move->channel == channel.name) here.push_back(move);
      if (!here.empty()) Following(tables, line.no, now, here).run();
    });
    forget_at_once(tables, one.first, of_provider);
  }
}

}  // namespace bccast
