#include "base/crypto.hpp"

#include <sodium.h>

#include <cstring>

#include "base/error.hpp"

namespace bccast {
namespace {

void ready() {
  // Safe to call again, from any thread.
  static const bool initialised = sodium_init() >= 0;
  if (!initialised) throw Error(Code::internal, "the random generator could not be initialised");
}

void derive(std::span<std::uint8_t> out, const SecretKey& master, std::uint64_t purpose) {
  static_assert(crypto_kdf_KEYBYTES == sizeof(SecretKey));
  ready();
  crypto_kdf_derive_from_key(out.data(), out.size(), purpose, "bccast__", master.data());
}

std::uint64_t short_hash(std::span<const std::uint8_t> in, const std::array<std::uint8_t, 16>& key) noexcept {
  static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8);
  std::array<std::uint8_t, 8> out{};
  crypto_shorthash(out.data(), in.data(), in.size(), key.data());
  std::uint64_t value = 0;
  for (std::size_t b = 0; b < 8; ++b) value |= std::uint64_t{out[b]} << (8 * b);
  return value;
}

crypto_generichash_state* state_of(std::uint8_t* bytes) {
  return reinterpret_cast<crypto_generichash_state*>(bytes);
}

}  // namespace

void random_bytes(std::span<std::uint8_t> out) {
  ready();
  randombytes_buf(out.data(), out.size());
}

SecretKey random_key() {
  SecretKey key{};
  random_bytes(key);
  return key;
}

void keyed_bytes(std::uint64_t key, std::uint64_t number, std::span<std::uint8_t> out) {
  ready();
  std::array<std::uint8_t, randombytes_SEEDBYTES> seed{};
  for (std::size_t b = 0; b < 8; ++b) {
    seed[b] = static_cast<std::uint8_t>(key >> (8 * b));
    seed[8 + b] = static_cast<std::uint8_t>(number >> (8 * b));
  }
  randombytes_buf_deterministic(out.data(), out.size(), seed.data());
}

Permutation::Permutation(const SecretKey& master, std::uint64_t purpose) {
  std::array<std::uint8_t, 16 * kRounds> bytes{};
  derive(bytes, master, purpose);
  std::memcpy(keys_.data(), bytes.data(), bytes.size());
}

std::uint64_t Permutation::round(std::size_t i, std::uint64_t half) const noexcept {
  std::array<std::uint8_t, 8> in{};
  for (std::size_t b = 0; b < 8; ++b) in[b] = static_cast<std::uint8_t>(half >> (8 * b));
  return short_hash(in, keys_[i]);
}

Block Permutation::forward(Block block) const noexcept {
  for (std::size_t i = 0; i < kRounds; ++i) block = Block{block.low, block.high ^ round(i, block.low)};
  return block;
}

Block Permutation::backward(Block block) const noexcept {
  for (std::size_t i = kRounds; i-- > 0;) block = Block{block.low ^ round(i, block.high), block.high};
  return block;
}

Sealer::Sealer(const SecretKey& master, std::uint64_t purpose) {
  derive(key_, master, purpose);
  // Purposes are small numbers: this cannot meet another.
  derive(nonce_key_, master, purpose + (std::uint64_t{1} << 32));
}

std::string Sealer::seal(std::string_view context, std::string_view value) const {
  constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  std::string raw(kNonce + value.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  const auto* const plain = reinterpret_cast<const unsigned char*>(value.data());
  const auto* const bound = reinterpret_cast<const unsigned char*>(context.data());
  // One key for each context, so that (context, value) pairs cannot run into each other.
  SecretKey context_key{};
  crypto_generichash(context_key.data(), context_key.size(), bound, context.size(), nonce_key_.data(),
                     nonce_key_.size());
  crypto_generichash(out, kNonce, plain, value.size(), context_key.data(), context_key.size());
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + kNonce, nullptr, plain, value.size(), bound,
                                             context.size(), nullptr, out, key_.data());
  std::string text(raw.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), out, raw.size());
  text.pop_back();
  return text;
}

std::optional<std::string> Sealer::open(std::string_view context, std::string_view sealed) const {
  constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr std::size_t kOverhead = kNonce + crypto_aead_xchacha20poly1305_ietf_ABYTES;
  std::string raw(sealed.size() / 2, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(raw.data());
  std::size_t size = 0;
  if (sealed.size() % 2 != 0 || raw.size() < kOverhead ||
      sodium_hex2bin(bytes, raw.size(), sealed.data(), sealed.size(), nullptr, &size, nullptr) != 0 ||
      size != raw.size())
    return std::nullopt;
  std::string value(raw.size() - kOverhead, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(value.data()), nullptr,
                                                 nullptr, bytes + kNonce, raw.size() - kNonce,
                                                 reinterpret_cast<const unsigned char*>(context.data()),
                                                 context.size(), bytes, key_.data()) != 0)
    return std::nullopt;
  return value;
}

ShortHash::ShortHash(const SecretKey& master, std::uint64_t purpose) {
  derive(key_, master, purpose);
}

std::uint64_t ShortHash::operator()(std::string_view text) const noexcept {
  return short_hash({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, key_);
}

Digest::Digest(const SecretKey& master, std::uint64_t purpose) {
  static_assert(sizeof(crypto_generichash_state) <= sizeof(state_));
  std::array<std::uint8_t, 32> key{};
  derive(key, master, purpose);
  crypto_generichash_init(state_of(state_.data()), key.data(), key.size(), sizeof(Value));
}

Digest& Digest::add(std::span<const std::uint8_t> part) {
  std::uint64_t size = part.size();
  std::array<std::uint8_t, 8> length{};
  for (std::size_t b = 0; b < 8; ++b) length[b] = static_cast<std::uint8_t>(size >> (8 * b));
  crypto_generichash_update(state_of(state_.data()), length.data(), length.size());
  if (!part.empty()) crypto_generichash_update(state_of(state_.data()), part.data(), part.size());
  return *this;
}

Digest& Digest::add(std::string_view part) {
  return add(std::span(reinterpret_cast<const std::uint8_t*>(part.data()), part.size()));
}

Digest& Digest::add(std::int64_t number) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t b = 0; b < 8; ++b)
    bytes[b] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * b));
  return add(std::span<const std::uint8_t>(bytes));
}

Digest::Value Digest::finish() {
  Value value{};
  crypto_generichash_final(state_of(state_.data()), value.data(), value.size());
  return value;
}

}  // namespace bccast
