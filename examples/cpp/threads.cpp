// A server with threads: bccast works on threads of its own, while the server's write and read on theirs.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <bccast/engine.hpp>

namespace {

constexpr int kClients = 500;
constexpr int kWriters = 4;

std::string client(int i) {
  return "c" + std::to_string(i);
}

/// Sends mails; called on any of bccast's threads, on several at once.
class Mailer {
 public:
  bool notify(bccast::Notices& notices) {
    for (std::size_t i = 0; i < notices.size(); ++i) {
      const std::lock_guard lock(mutex_);
      if (!sent_.insert(notices.at(i).id).second) ++twice_;
    }
    return true;
  }
  std::size_t sent() const {
    const std::lock_guard lock(mutex_);
    return sent_.size();
  }
  int twice() const { return twice_; }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> sent_;
  std::atomic<int> twice_{0};
};

}  // namespace

int main(int argc, char** argv) try {
  Mailer mailer;
  bccast::Options options;
  options.notifier("email", [&](bccast::Notices& notices) { return mailer.notify(notices); });
  bccast::Engine engine(argc > 1 ? argv[1] : ":memory:", std::move(options));
  engine.provider_put("dr-lee", "Dr. Lee");
  engine.provider_set("dr-lee", "address.email", "lee@example.org");
  for (int i = 0; i < kClients; ++i) {
    engine.client_put(client(i), client(i), client(i) + "@example.org");
    engine.roster_add("dr-lee", client(i));
  }

  engine.start(2);  // that is all: from now on whatever is stored is worked off

  const auto blast = engine.blast_create("dr-lee").blast;
  engine.blast_select_all_active("dr-lee", blast);
  engine.blast_write("dr-lee", blast, "The practice is closed on Friday.");
  engine.blast_send("dr-lee", blast);

  // An engine is shared by all threads; no lock of the server's is needed.
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&engine, w] {
      for (int i = w; i < kClients; i += kClients / 10) {
        const auto thread = engine.client_threads(client(i)).items.at(0).thread;
        engine.client_reply(client(i), thread, "Thank you!");
      }
    });
  for (auto& writer : writers) writer.join();

  // A server would go on serving. This one waits for the end of the work.
  const std::size_t expected = kClients + kWriters * 10;
  for (int i = 0; i < 10'000 && mailer.sent() < expected; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const bool ended = engine.stop(10'000);  // batches in hand are finished
  std::printf("told %zu, %d of them twice\n", mailer.sent(), mailer.twice());
  return ended && mailer.sent() == expected && mailer.twice() == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
