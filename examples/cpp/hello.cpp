// A blast in C++, on the static library: three clients, one of them archived; one reads and answers.
#include <cstdio>
#include <string>

#include <bccast/engine.hpp>

int main() try {
  bccast::Options options;
  options.notifier("email", [](bccast::Notices& notices) {
    for (std::size_t i = 0; i < notices.size(); ++i)
      std::printf("to %s: you have a new message\n", std::string(notices.at(i).address).c_str());
    return true;
  });
  bccast::Engine engine(":memory:", std::move(options));

  engine.provider_put("dr-lee", "Dr. Lee");
  engine.provider_set("dr-lee", "address.email", "lee@example.org");
  for (const char* id : {"ana", "ben", "cem"}) {
    engine.client_put(id, id, std::string(id) + "@example.org");
    engine.roster_add("dr-lee", id);
  }
  engine.roster_archive("dr-lee", "cem");

  const auto blast = engine.blast_create("dr-lee").blast;
  engine.blast_select_all_active("dr-lee", blast);
  engine.blast_write("dr-lee", blast, "The practice is closed on Friday.");
  const auto preview = engine.blast_preview("dr-lee", blast);
  engine.blast_send("dr-lee", blast, preview.digest);
  engine.pump();

  const auto thread = engine.client_threads("ana").items.at(0).thread;
  engine.client_read("ana", thread, 1);
  engine.client_reply("ana", thread, "Thank you!");
  engine.pump();
  for (const auto& message : engine.provider_messages("dr-lee", thread).items)
    std::printf("%s: %s\n", message.author.c_str(), message.text.c_str());

  const bool private_to_ana =
      engine.client_messages("ben", engine.client_threads("ben").items.at(0).thread).items.size() == 1;
  const bool nothing_for_cem = engine.client_threads("cem").items.empty();
  return private_to_ana && nothing_for_cem ? 0 : 1;
} catch (const bccast::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
