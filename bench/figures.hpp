// What one measured run says: names and numbers, so that it passes through a pipe and into a file as JSON.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using Figures = std::map<std::string, double>;

/// One flat JSON object, numbers only. Names hold no character that JSON would escape.
std::string to_json(const Figures& figures);

/// Reads what `to_json` wrote. Throws std::runtime_error on anything else.
Figures from_json(std::string_view text);

/// 0 for no values; the mean of the two in the middle for an even number.
double median(std::vector<double> values);

/// The median of each name over several runs of the same thing.
Figures medians(const std::vector<Figures>& runs);

}  // namespace bench
