#include "results.hpp"

#include <cstdio>

namespace bench {
namespace {

std::string json_of(const Series& series) {
  std::string text = "    {\"design\": \"" + series.design + "\", \"size\": " + std::to_string(series.size);
  text += ", \"medians\": " + to_json(medians(series.rounds)) + ",\n     \"rounds\": [";
  for (std::size_t i = 0; i < series.rounds.size(); ++i) {
    text += (i == 0 ? "" : ",\n                ") + to_json(series.rounds[i]);
  }
  return text + "]}";
}

std::string json_of(const Machine& machine, double append_ms_after) {
  char text[256];
  std::snprintf(text, sizeof text,
                "{\"cores\": %u, \"sqlite\": \"%s\", \"append_4k_fdatasync_ms\": %.4f, "
                "\"append_4k_fdatasync_ms_after\": %.4f, \"memory_disk\": %s}",
                machine.cores, machine.sqlite_version.c_str(), machine.append_ms, append_ms_after,
                machine.memory_disk ? "true" : "false");
  return text;
}

}  // namespace

std::string to_json(const Results& results) {
  std::string text =
      "{\n  \"machine\": " + json_of(results.machine, results.append_ms_after) + ",\n  \"work\": [\n";
  for (std::size_t i = 0; i < results.series.size(); ++i) {
    text += json_of(results.series[i]) + (i + 1 < results.series.size() ? ",\n" : "\n");
  }
  text += "  ],\n  \"extras_size\": " + std::to_string(results.extras_size);
  text += ",\n  \"extras\": " + to_json(results.extras);
  text += ",\n  \"failures\": " + std::to_string(results.failures.size()) + "\n}\n";
  return text;
}

}  // namespace bench
