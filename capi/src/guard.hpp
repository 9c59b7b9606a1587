// The one guard around every exported body: clears the error, and turns whatever is thrown into a code and a
// message.
#pragma once

#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "error.hpp"
#include "handles.hpp"

namespace bccast::capi {

template <typename Body>
std::int32_t guard(Body&& body) noexcept {
  clear_error();
  try {
    return body();
  } catch (const Error& error) {
    return set_error(error.code(), error.what(), error.native());
  } catch (const std::bad_alloc&) {
    return set_error(Code::nomem, "out of memory");
  } catch (const std::exception& error) {
    return set_error(Code::internal, error.what());
  } catch (...) {
    return set_error(Code::internal, "an unknown exception");
  }
}

/// The same, with an engine: body(Engine&) returns nothing (OK), or a Code.
template <typename Body>
std::int32_t with_engine(bccast_engine* engine, Body&& body) noexcept {
  return guard([&]() -> std::int32_t {
    const EngineCall call(engine);
    if constexpr (std::is_void_v<decltype(body(*call))>) {
      body(*call);
      return BCCAST_OK;
    } else {
      return static_cast<std::int32_t>(body(*call));
    }
  });
}

/// A text that may not be NULL.
inline std::string_view required(const char* text, const char* what) {
  if (text == nullptr) throw Error(Code::argument, std::string("the ") + what + " is NULL");
  return text;
}

inline std::string_view optional(const char* text) noexcept {
  return text != nullptr ? text : std::string_view();
}

inline std::string_view required(const char* bytes, std::size_t length, const char* what) {
  if (bytes == nullptr && length > 0) throw Error(Code::argument, std::string("the ") + what + " is NULL");
  return {bytes != nullptr ? bytes : "", length};
}

template <typename T>
T& output(T* out, const char* what) {
  if (out == nullptr) throw Error(Code::argument, std::string("the output ") + what + " is NULL");
  return *out;
}

/// A column of texts. Throws Error: argument, limit.
std::vector<std::string_view> column(std::size_t n, const char* bytes, const std::uint64_t* offsets,
                                     const char* what);

/// A column that may be left out as a whole: then nothing. Throws Error(argument) for bytes without offsets.
std::vector<std::string_view> optional_column(std::size_t n, const char* bytes, const std::uint64_t* offsets,
                                              const char* what);

/// Writes the results of items; PARTIAL when one is an error.
std::int32_t give_results(const std::vector<Code>& results, std::int32_t* out_results);
/// Writes `code` for all items: what a failing call leaves in the column.
void fill_results(std::size_t n, std::int32_t code, std::int32_t* out_results) noexcept;

void write_id(std::string_view id, char* out) noexcept;

}  // namespace bccast::capi
