// For tests of the file behind a store: its bytes, the file as another program opens it, and work in a child
// process.
#pragma once

#include <bccast/bccast.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>

namespace test {

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

inline void put_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// The SQLite that the library itself is linked with: a second copy in one process would drop its locks.
class Database {
 public:
  explicit Database(const std::filesystem::path& path) {
    const auto open = function<int(const char*, void**)>("sqlite3_open");
    if (open(path.c_str(), &db_) != 0) throw std::runtime_error("sqlite3_open");
  }
  ~Database() { function<int(void*)>("sqlite3_close")(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  void run(const std::string& sql) {
    using Exec = int(void*, const char*, int (*)(void*, int, char**, char**), void*, char**);
    if (function<Exec>("sqlite3_exec")(db_, sql.c_str(), nullptr, nullptr, nullptr) != 0)
      throw std::runtime_error(function<const char*(void*)>("sqlite3_errmsg")(db_) + (": " + sql));
  }

 private:
  template <typename F>
  static F* function(const char* name) {
    auto* found = reinterpret_cast<F*>(dlsym(RTLD_DEFAULT, name));
    if (found == nullptr) throw std::runtime_error(name);
    return found;
  }
  void* db_ = nullptr;
};

struct Opened {
  explicit Opened(const std::string& url, bccast_config* config = nullptr) {
    engine = reinterpret_cast<bccast_engine*>(8);
    code = bccast_open(url.c_str(), config, &engine);
    message = bccast_error_message();
  }
  ~Opened() {
    if (code == BCCAST_OK) bccast_close(engine, 0);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  operator bccast_engine*() const { return engine; }  // NOLINT: stands for its engine in calls
  bccast_engine* engine;
  std::int32_t code;
  std::string message;
};

/// Runs `work` in a child process; gives what it threw, or "".
inline std::string in_a_child(const std::function<void()>& work) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t pid = fork();
  if (pid == 0) {
    std::string error;
    try {
      work();
    } catch (const std::exception& e) {
      error = e.what();
      if (error.empty()) error = "an exception";
    }
    const auto written = write(ends[1], error.data(), error.size());
    _exit(written == static_cast<ssize_t>(error.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string error;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(ends[0], buffer.data(), buffer.size())) > 0;)
    error.append(buffer.data(), static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  if (status != 0 && error.empty()) error = "the child ended with status " + std::to_string(status);
  return error;
}

/// What in_a_child is to say when something was not possible here.
inline const std::string kSkip = "skip: ";

/// For checks within a child.
inline void expect(bool right, const std::string& what) {
  if (!right) throw std::runtime_error(what + " (" + bccast_error_message() + ")");
}

inline void expect_code(std::int32_t got, std::int32_t wanted, const std::string& what) {
  if (got != wanted)
    throw std::runtime_error(what + ": " + bccast_code_name(got) + " instead of " + bccast_code_name(wanted) +
                             " (" + bccast_error_message() + ")");
}

inline void check_child(const std::string& error) {
  if (error.compare(0, kSkip.size(), kSkip) == 0) {
    std::cout << "not tested here: " << error.substr(kSkip.size()) << '\n';
    return;
  }
  CHECK(error == "");
}

}  // namespace test
