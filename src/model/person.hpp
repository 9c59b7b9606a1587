// A client as the operator keeps it, and its entry on a roster.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/addresses.hpp"
#include "model/numbers.hpp"

namespace bccast {

/// What keeps a roster entry from being written to or notified. Those of the client stand beside those of the
/// entry, so that one row tells all.
namespace flag {
inline constexpr std::uint32_t archived = 1;         // here
inline constexpr std::uint32_t chat_off = 2;         // here
inline constexpr std::uint32_t notify_off = 4;       // here
inline constexpr std::uint32_t client_archived = 8;  // everywhere
inline constexpr std::uint32_t client_chat_off = 16;
inline constexpr std::uint32_t client_notify_off = 32;
/// The person is gone for good: a dead place, without identity. Archived as well.
inline constexpr std::uint32_t erased = 64;
/// Another place of the roster has, or had, one of its addresses (the index of addresses tells). Kept by
/// RosterUpdate alone.
inline constexpr std::uint32_t shares_address = 128;
inline constexpr std::uint32_t of_client = client_archived | client_chat_off | client_notify_off;
inline constexpr std::uint32_t any_archived = archived | client_archived;
inline constexpr std::uint32_t any_chat_off = chat_off | client_chat_off;
inline constexpr std::uint32_t any_notify_off = notify_off | client_notify_off;
}  // namespace flag

struct Client {
  ClientNo no = 0;
  std::string id;
  std::string name;
  std::string locale;
  std::string zone;
  Addresses addresses;
  std::uint32_t flags = 0;  // those of flag::of_client
};

/// A place of a roster.
struct RosterKey {
  ProviderNo provider_no = 0;
  Place place = 0;
  friend auto operator<=>(const RosterKey&, const RosterKey&) = default;
};

/// A roster entry with what a notification needs, borrowed from a row.
struct RosterView {
  ProviderNo provider_no = 0;
  Place place = 0;
  ClientNo client_no = 0;
  std::uint32_t flags = 0;
  Ms since = 0;  // active, or archived, since then
  std::string_view id;
  std::string_view name;
  std::string_view locale;
  std::string_view zone;
  std::string_view addresses;  // as Addresses::stored
};

/// The same, owned.
struct RosterEntry {
  ProviderNo provider_no = 0;
  Place place = 0;
  std::uint32_t flags = 0;
  Ms since = 0;
  Client client;

  bool active() const noexcept { return (flags & flag::any_archived) == 0; }
  bool erased() const noexcept { return (flags & flag::erased) != 0; }
  RosterView view() const noexcept;
};

/// A roster entry as bytes: version, flags, client number, time, five texts with their lengths, and a
/// checksum that also covers provider and place. A damaged or exchanged row is an error, never a wrong
/// recipient.
void encode_entry(ProviderNo provider_no, const RosterView& entry, std::string& out);
/// Throws Error(corrupt). The view borrows from `bytes`.
RosterView decode_entry(ProviderNo provider_no, Place place, std::span<const std::uint8_t> bytes);

}  // namespace bccast
