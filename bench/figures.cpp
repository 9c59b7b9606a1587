#include "figures.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <stdexcept>

namespace bench {

std::string to_json(const Figures& figures) {
  std::string text = "{";
  for (const auto& [name, value] : figures) {
    if (text.size() > 1) text += ", ";
    char number[40];
    std::snprintf(number, sizeof number, "%.9g", value);
    text += '"' + name + "\": " + number;
  }
  return text + '}';
}

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  bool take_if(char wanted) {
    while (left_.starts_with(' ')) left_.remove_prefix(1);
    if (!left_.starts_with(wanted)) return false;
    left_.remove_prefix(1);
    return true;
  }

  void take(char wanted) {
    if (!take_if(wanted)) throw std::runtime_error("figures: not the JSON that to_json writes");
  }

  std::string name() {
    take('"');
    const std::size_t end = std::min(left_.find('"'), left_.size());
    const std::string result(left_.substr(0, end));
    left_.remove_prefix(end);
    take('"');
    return result;
  }

  double number() {
    while (left_.starts_with(' ')) left_.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    if (error != std::errc()) throw std::runtime_error("figures: a number was expected");
    left_.remove_prefix(static_cast<std::size_t>(end - left_.data()));
    return value;
  }

 private:
  std::string_view left_;
};

}  // namespace

Figures from_json(std::string_view text) {
  Figures figures;
  Reader reader(text);
  reader.take('{');
  if (reader.take_if('}')) return figures;
  do {
    const std::string name = reader.name();
    reader.take(':');
    figures[name] = reader.number();
  } while (reader.take_if(','));
  reader.take('}');
  return figures;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Figures medians(const std::vector<Figures>& runs) {
  std::map<std::string, std::vector<double>> values;
  for (const Figures& run : runs) {
    for (const auto& [name, value] : run) values[name].push_back(value);
  }
  Figures result;
  for (const auto& [name, list] : values) result[name] = median(list);
  return result;
}

}  // namespace bench
