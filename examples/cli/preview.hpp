// What a draft would do if it were sent now, as it is shown before somebody sends it.
#pragma once

#include <cstdint>
#include <string>

#include "output.hpp"

namespace cli {

class Preview {
 public:
  Preview(bccast_engine* engine, const std::string& provider, const std::string& blast);
  std::int64_t recipients() const { return rows_.number(0, "recipients"); }
  std::string digest() const { return std::string(rows_.text(0, "digest")); }
  /// On stderr: the recipients, and each reason that there is for leaving somebody out.
  void show() const;
  /// What show() shows, but the recipients, as properties.
  void add_to(Record& record) const;
  /// All of it.
  const Rows& rows() const noexcept { return rows_; }

 private:
  Rows rows_;
};

}  // namespace cli
