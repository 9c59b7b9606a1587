// Whether ids look like chance, and whether a simple classifier does better than chance.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace privacy {

inline unsigned digit_of(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
}

/// What is not like chance in a list of different texts of hexadecimal letters, all of one length; nothing
/// when all is. Each bound is one that random letters cross less than once in 10^8 lists.
inline std::vector<std::string> not_random(const std::vector<std::string>& ids) {
  std::vector<std::string> findings;
  const auto n = static_cast<double>(ids.size());
  const std::size_t letters = ids.empty() ? 0 : ids.front().size();
  const double deviations = 7;  // 144 letters have 576 bits to look at
  // Each bit is 1 in half of them, and in each two that follow one another, changes half of the time.
  for (std::size_t bit = 0; bit < letters * 4; ++bit) {
    double ones = 0;
    double changes = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto at = [&](std::size_t k) { return digit_of(ids[k][bit / 4]) >> (3 - bit % 4) & 1U; };
      ones += at(i);
      if (i > 0) changes += at(i) ^ at(i - 1);
    }
    if (std::abs(ones - n / 2) > deviations * std::sqrt(n) / 2)
      findings.push_back("bit " + std::to_string(bit) + " is 1 in " + std::to_string(ones));
    if (std::abs(changes - (n - 1) / 2) > deviations * std::sqrt(n - 1) / 2)
      findings.push_back("bit " + std::to_string(bit) + " changes " + std::to_string(changes) + " times");
  }
  // Letters are as frequent as each other: chi-square with 15 degrees of freedom, below 75 but for 6 *
  // 10^-10.
  std::array<double, 16> counts{};
  for (const auto& id : ids)
    for (const char c : id) ++counts[digit_of(c)];
  const double expected = n * static_cast<double>(letters) / 16;
  double chi_square = 0;
  for (const double count : counts) chi_square += (count - expected) * (count - expected) / expected;
  if (chi_square > 75) findings.push_back("letters: chi-square " + std::to_string(chi_square));
  // They neither ascend nor descend: n - 1 steps, a third of n / 4 of variance, roughly.
  double ascents = 0;
  for (std::size_t i = 1; i < ids.size(); ++i) ascents += ids[i - 1] < ids[i] ? 1 : 0;
  if (std::abs(ascents - (n - 1) / 2) > deviations * std::sqrt(n / 12))
    findings.push_back("they ascend " + std::to_string(ascents) + " times");
  return findings;
}

/// How many pairs of ids have the same four bytes somewhere, at the same place or another.
inline std::size_t shared_parts(const std::vector<std::string>& ids) {
  constexpr std::size_t kLetters = 8;
  std::map<std::string_view, std::vector<std::size_t>> where;
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::size_t at = 0; at + kLetters <= ids[i].size(); at += 2) {
      auto& holders = where[std::string_view(ids[i]).substr(at, kLetters)];
      if (holders.empty() || holders.back() != i) holders.push_back(i);
    }
  std::size_t pairs = 0;
  for (const auto& [part, holders] : where) pairs += holders.size() * (holders.size() - 1) / 2;
  return pairs;
}

/// The most that may be shared by chance: random ids are above it less than once in 10^8 lists.
inline std::size_t most_shared(std::size_t ids, std::size_t letters) {
  const auto windows = static_cast<double>(ids) * static_cast<double>(letters / 2 - 3);
  const double mean = windows * windows / 2 / 4294967296.0;
  double term = std::exp(-mean);
  double left = 1 - term;
  std::size_t most = 0;
  for (; left > 1e-8 && most < 1000; left -= term) term *= mean / static_cast<double>(++most);
  return most;
}

// ---- Classifiers

using Features = std::vector<double>;
struct Sample {
  Features features;
  bool same_blast = false;
};

/// The one feature and threshold that tells most of the samples right.
class Stump {
 public:
  explicit Stump(const std::vector<Sample>& samples) {
    double best = -1;
    for (std::size_t f = 0; f < samples.front().features.size(); ++f) {
      std::vector<std::pair<double, bool>> sorted;
      for (const auto& sample : samples) sorted.emplace_back(sample.features[f], sample.same_blast);
      std::ranges::sort(sorted);
      double right = 0;  // of "same blast above the threshold", the threshold below all
      for (const auto& [value, same] : sorted) right += same ? 1 : 0;
      for (std::size_t i = 0; i <= sorted.size(); ++i) {
        if (i > 0) right += sorted[i - 1].second ? -1 : 1;
        if (i > 0 && i < sorted.size() && sorted[i - 1].first == sorted[i].first) continue;
        const double score = std::max(right, static_cast<double>(sorted.size()) - right);
        if (score <= best) continue;
        best = score;
        feature_ = f;
        threshold_ = i == 0 ? -std::numeric_limits<double>::infinity() : sorted[i - 1].first;
        above_ = right == score;
      }
    }
  }
  bool says_same(const Features& features) const { return (features[feature_] > threshold_) == above_; }

 private:
  std::size_t feature_ = 0;
  double threshold_ = 0;
  bool above_ = true;
};

/// Naive Bayes: each feature normally distributed in each class.
class Bayes {
 public:
  explicit Bayes(const std::vector<Sample>& samples) {
    for (const bool same : {false, true}) {
      auto& parameters = of_[same ? 1 : 0];
      for (std::size_t f = 0; f < samples.front().features.size(); ++f) {
        double n = 0;
        double sum = 0;
        double squares = 0;
        for (const auto& sample : samples) {
          if (sample.same_blast != same) continue;
          const double value = sample.features[f];
          ++n;
          sum += value;
          squares += value * value;
        }
        const double mean = sum / n;
        parameters.emplace_back(mean, std::max(squares / n - mean * mean, 1e-6));
      }
    }
  }
  bool says_same(const Features& features) const {
    double sum = 0;
    for (std::size_t f = 0; f < features.size(); ++f)
      sum += log_density(1, f, features[f]) - log_density(0, f, features[f]);
    return sum > 0;
  }

 private:
  double log_density(std::size_t of, std::size_t f, double value) const {
    const auto& [mean, variance] = of_[of][f];
    return -(std::log(variance) + (value - mean) * (value - mean) / variance) / 2;
  }
  std::array<std::vector<std::pair<double, double>>, 2> of_;
};

/// How many of the second half a classifier made from the first half tells right.
template <typename Classifier>
std::size_t right_of(const std::vector<Sample>& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  const Classifier classifier(std::vector<Sample>(samples.begin(), middle));
  return static_cast<std::size_t>(std::count_if(middle, samples.end(), [&](const Sample& sample) {
    return classifier.says_same(sample.features) == sample.same_blast;
  }));
}

}  // namespace privacy
