#include "model/person.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/error.hpp"

namespace bccast {
namespace {

// u8 version; u8 flags; u64 client; u64 since; 5 x u16 length; the texts; u64 checksum. All little-endian.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kTexts = 5;
constexpr std::size_t kHead = 2 + 8 + 8 + 2 * kTexts;
constexpr std::size_t kCheck = 8;

template <typename T>
void put(char*& at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    *at++ = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <typename T>
T get(const std::uint8_t*& at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= std::uint64_t{*at++} << (8 * i);
  return static_cast<T>(value);
}

std::uint64_t checksum(ProviderNo provider_no, Place place, const void* bytes, std::size_t size) {
  const auto seed = static_cast<std::uint64_t>(provider_no) << 28 ^ place;
  return XXH3_64bits_withSeed(bytes, size, seed);
}

}  // namespace

RosterView RosterEntry::view() const noexcept {
  return {provider_no, place,       client.no,     flags,       since,
          client.id,   client.name, client.locale, client.zone, client.addresses.stored()};
}

void encode_entry(ProviderNo provider_no, const RosterView& entry, std::string& out) {
  const std::array<std::string_view, kTexts> texts{entry.id, entry.name, entry.locale, entry.zone,
                                                   entry.addresses};
  std::size_t size = kHead + kCheck;
  for (const auto text : texts) {
    if (text.size() > 0xffff) throw Error(Code::limit, "a client has more than 65,535 bytes of addresses");
    size += text.size();
  }
  out.resize(size);
  char* at = out.data();
  put(at, kVersion);
  put(at, static_cast<std::uint8_t>(entry.flags));
  put(at, static_cast<std::uint64_t>(entry.client_no));
  put(at, static_cast<std::uint64_t>(entry.since));
  for (const auto text : texts) put(at, static_cast<std::uint16_t>(text.size()));
  for (const auto text : texts) {
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
  }
  put(at, checksum(provider_no, entry.place, out.data(), size - kCheck));
}

RosterView decode_entry(ProviderNo provider_no, Place place, std::span<const std::uint8_t> bytes) {
  const auto damaged = [&] {
    return Error(Code::corrupt, fmt::format("roster entry {} of provider {} is damaged", place, provider_no));
  };
  if (bytes.size() < kHead + kCheck || bytes[0] != kVersion) throw damaged();
  const auto* check = bytes.data() + bytes.size() - kCheck;
  if (get<std::uint64_t>(check) != checksum(provider_no, place, bytes.data(), bytes.size() - kCheck))
    throw damaged();
  const auto* at = bytes.data() + 1;
  RosterView entry;
  entry.provider_no = provider_no;
  entry.place = place;
  entry.flags = get<std::uint8_t>(at);
  entry.client_no = get<std::int64_t>(at);
  entry.since = get<std::int64_t>(at);
  std::array<std::string_view*, kTexts> texts{&entry.id, &entry.name, &entry.locale, &entry.zone,
                                              &entry.addresses};
  std::array<std::uint16_t, kTexts> lengths{};
  std::size_t sum = 0;
  for (auto& length : lengths) sum += length = get<std::uint16_t>(at);
  if (sum != bytes.size() - kHead - kCheck) throw damaged();
  for (std::size_t i = 0; i < kTexts; ++i) {
    *texts[i] = {reinterpret_cast<const char*>(at), lengths[i]};
    at += lengths[i];
  }
  return entry;
}

}  // namespace bccast
