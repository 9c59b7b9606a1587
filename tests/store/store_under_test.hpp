// A new store of the kind under test.
//
// BCCAST_TEST_STORE says where: a URL in which `{}` stands for a name that no other test has. Without it,
// a file in a folder of its own.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "../support/temporary_folder.hpp"
#include "engine/stores.hpp"
#include "ports/store.hpp"

namespace test {

using bccast::Tables;

class StoreUnderTest {
 public:
  StoreUnderTest() { open(); }

  bccast::Store* operator->() const noexcept { return store_.get(); }

  template <typename Work>
  auto read(const Work& work) const {
    return store_->read(work);
  }
  template <typename Work>
  auto write(const Work& work) const {
    return store_->write(work);
  }

  const std::string& url() const noexcept { return url_; }
  /// Where a copy can be written.
  std::string file(const std::string& name) const { return folder_.file(name); }

  /// Ends what was open, and opens it again: only what was stored is there.
  void open() {
    store_.reset();
    store_ = bccast::open_store(url_);
  }

 private:
  static std::string url_in(const TemporaryFolder& folder) {
    const char* given = std::getenv("BCCAST_TEST_STORE");
    if (given == nullptr) return folder.file();
    static std::atomic<int> number{0};
    std::string url = given;
    const auto name = "t" + std::to_string(::getpid()) + "_" + std::to_string(++number);
    if (const auto at = url.find("{}"); at != std::string::npos) url.replace(at, 2, name);
    return url;
  }

  TemporaryFolder folder_;
  std::string url_ = url_in(folder_);
  std::unique_ptr<bccast::Store> store_;
};

}  // namespace test
