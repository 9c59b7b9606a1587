#include "guard.hpp"

#include <algorithm>
#include <cstring>

#include "model/text_rules.hpp"

namespace bccast::capi {

std::vector<std::string_view> column(std::size_t n, const char* bytes, const std::uint64_t* offsets,
                                     const char* what) {
  if (n > kMaxColumn)
    throw Error(Code::limit, "a call has " + std::to_string(n) + " items; at most " +
                                 std::to_string(kMaxColumn) + " are allowed");
  std::vector<std::string_view> texts;
  if (n == 0) return texts;
  if (offsets == nullptr)
    throw Error(Code::argument, std::string("the offsets of the ") + what + " are NULL");
  if (bytes == nullptr && offsets[n] > offsets[0])
    throw Error(Code::argument, std::string("the ") + what + " are NULL");
  texts.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (offsets[i + 1] < offsets[i])
      throw Error(Code::argument, std::string("the offsets of the ") + what + " do not ascend");
    texts.emplace_back(bytes != nullptr ? bytes + offsets[i] : "",
                       static_cast<std::size_t>(offsets[i + 1] - offsets[i]));
  }
  return texts;
}

std::vector<std::string_view> optional_column(std::size_t n, const char* bytes, const std::uint64_t* offsets,
                                              const char* what) {
  if (bytes == nullptr && offsets == nullptr) return {};
  return column(n, bytes, offsets, what);
}

std::int32_t give_results(const std::vector<Code>& results, std::int32_t* out_results) {
  std::int32_t all = BCCAST_OK;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto code = static_cast<std::int32_t>(results[i]);
    if (out_results != nullptr) out_results[i] = code;
    if (code < 0) all = BCCAST_PARTIAL;
  }
  return all;
}

void fill_results(std::size_t n, std::int32_t code, std::int32_t* out_results) noexcept {
  if (out_results != nullptr && n <= kMaxColumn) std::fill_n(out_results, n, code);
}

void write_id(std::string_view id, char* out) noexcept {
  std::memcpy(out, id.data(), std::min<std::size_t>(id.size(), BCCAST_ID_SIZE - 1));
  out[BCCAST_ID_SIZE - 1] = '\0';
}

}  // namespace bccast::capi
