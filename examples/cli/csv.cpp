#include "csv.hpp"

#include <string_view>

namespace cli {
namespace {

constexpr int kEnd = -1;
constexpr std::size_t kChunk = 65536;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvReader::CsvReader(std::istream& in) : in_(in) {
  peek(kByteOrderMark.size());
  if (buffer_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

/// The byte that comes next, or one further ahead.
int CsvReader::peek(std::size_t ahead) {
  while (at_ + ahead >= buffer_.size() && in_) {
    buffer_.erase(0, at_);
    at_ = 0;
    const std::size_t had = buffer_.size();
    buffer_.resize(had + kChunk);
    in_.read(buffer_.data() + had, static_cast<std::streamsize>(kChunk));
    buffer_.resize(had + static_cast<std::size_t>(in_.gcount()));
  }
  return at_ + ahead < buffer_.size() ? static_cast<unsigned char>(buffer_[at_ + ahead]) : kEnd;
}

int CsvReader::take() {
  const int byte = peek();
  if (byte != kEnd) ++at_;
  if (byte == '\n') ++next_line_;
  return byte;
}

bool CsvReader::at_line_end() {
  const int byte = peek();
  return byte == kEnd || byte == '\n' || (byte == '\r' && (peek(1) == '\n' || peek(1) == kEnd));
}

bool CsvReader::take_line_end() {
  if (!at_line_end()) return false;
  if (peek() == '\r') take();
  if (peek() == '\n') take();
  return true;
}

/// What follows an opening quote, and the closing one. False: there is no closing one.
bool CsvReader::read_quoted(std::string& field) {
  for (;;) {
    const int byte = take();
    if (byte == kEnd) return false;
    if (byte == '"') {
      if (peek() != '"') return true;
      take();
    }
    field += static_cast<char>(byte);
  }
}

/// Up to the next comma, quote or line end.
void CsvReader::read_plain(std::string& field) {
  while (!at_line_end() && peek() != ',' && peek() != '"') field += static_cast<char>(take());
}

CsvReader::Result CsvReader::bad(const char* reason) {
  reason_ = reason;
  while (!take_line_end()) take();
  return Result::bad;
}

CsvReader::Result CsvReader::next() {
  do {
    if (peek() == kEnd) return Result::end;
    line_ = next_line_;
  } while (take_line_end());

  fields_.clear();
  for (;;) {
    std::string& field = fields_.emplace_back();
    if (peek() == '"') {
      take();
      if (!read_quoted(field))
        return bad("a quote is opened and never closed: the rest of the file is left out");
      if (peek() != ',' && !at_line_end()) return bad("something stands behind a closing quote");
    } else {
      read_plain(field);
      if (peek() == '"') return bad("a quote stands inside a field that does not begin with one");
    }
    if (take_line_end()) return Result::record;
    take();  // the comma
  }
}

}  // namespace cli
