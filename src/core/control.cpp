#include "core/control.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/access.hpp"
#include "core/debts.hpp"
#include "core/events.hpp"
#include "core/line_update.hpp"
#include "core/retracting.hpp"
#include "core/texts.hpp"

namespace bccast {
namespace {

/// Stops the lines of a blast, or lets them go on where they stood.
void set_paused(Tables& tables, const Blast& blast, bool paused) {
  for (Line line : tables.work().lines(blast.provider_no, blast.no)) {
    if (!line.open) continue;
    line.paused = paused;
    tables.work().update_line(line);
    tables.work().park_items(line.no, paused);
  }
}

/// The text's bytes are overwritten where they stand.
void purge_text(Tables& tables, Blast blast) {
  tables.blasts().put_text(blast.provider_no, blast.no,
                           texts::seal_of_blast(blast.provider_no, blast.no, {}));
  blast.purged = true;
  tables.blasts().update_blast(blast);
}

/// A transaction of the sweep looks at so many threads: some milliseconds.
constexpr std::size_t kThreadsTogether = 2000;

std::optional<Blast> to_sweep(const Tables& tables) {
  // What is recalled in parts has not yet stored who keeps a thread.
  if (tables.store().first_act()) return std::nullopt;
  return tables.blasts().recall_to_sweep();
}

/// Its threads are locked page by page, when it is known which.
void lock_to_sweep(Tables& tables, const Blast& blast) {
  const BlastKey key{blast.provider_no, blast.no};
  tables.lock().lines({}, {&key, 1});
  tables.lock().blasts({&key, 1}, Hold::exclusive);
}

/// So many are purged in one transaction.
constexpr std::size_t kPurgedTogether = 100;

}  // namespace

Code Control::pause(std::string_view provider_id, std::string_view blast_id) {
  return context_.write(verb::blast_pause, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::blast_and_lines(tables, context_, provider, blast_id);
    if (blast.state == BlastState::paused) return Code::exists;
    blast.state = access::next(blast, BlastVerb::pause, blast_id);
    tables.blasts().update_blast(blast);
    set_paused(tables, blast, true);
    emit(tables, context_, EventKind::blast_paused, provider.no, blast.no);
    return Code::ok;
  });
}

Code Control::resume(std::string_view provider_id, std::string_view blast_id) {
  return context_.write(verb::blast_resume, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::blast_and_lines(tables, context_, provider, blast_id);
    if (blast.state == BlastState::sent) return Code::exists;
    blast.state = access::next(blast, BlastVerb::resume, blast_id);
    tables.blasts().update_blast(blast);
    set_paused(tables, blast, false);
    emit(tables, context_, EventKind::blast_resumed, provider.no, blast.no);
    return Code::ok;
  });
}

Code Control::recall(std::string_view provider_id, std::string_view blast_id) {
  return context_.write(verb::blast_recall, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::blast_and_lines(tables, context_, provider, blast_id);
    if (blast.state == BlastState::recalled) return Code::exists;
    blast.state = access::next(blast, BlastVerb::recall, blast_id);
    blast.recalled_at = context_.clock.wall_ms();
    const auto lines = tables.work().lines(provider.no, blast.no);
    keep_who_knows(tables, blast, lines);
    // First what it has still to do, so that it is not finished in between.
    blast.open_lines += add_retracting(tables, blast, lines);
    if (blast.open_lines > 0) {
      blast.finished_at = 0;  // taking back what was delivered is work too
    } else if (blast.finished_at == 0) {
      blast.finished_at = blast.recalled_at;
    }
    tables.blasts().update_blast(blast);
    for (const auto& line : lines) {
      if (!line.open) continue;
      if (line.paused) tables.work().park_items(line.no, false);
      drop_not_handed_out(tables, context_, line, SkipReason::recalled);
    }
    if (!lines.empty()) unlock_followers(tables, lines.front());
    emit(tables, context_, EventKind::blast_recalled, provider.no, blast.no);
    return Code::ok;
  });
}

Code Control::purge(std::string_view provider_id, std::string_view blast_id, bool& emptied) {
  const Code result = context_.write(verb::blast_purge, blast_id, [&](Tables& tables) {
    const Provider provider = access::provider(tables, provider_id, Hold::shared);
    const Blast blast = access::blast(tables, context_, provider, blast_id, Hold::exclusive);
    access::next(blast, BlastVerb::purge, blast_id);
    if (blast.purged) return Code::exists;
    purge_text(tables, blast);
    tables.store().add_debt();
    return Code::ok;
  });
  emptied = settle_debts(context_, Patience::some);
  return result;
}

std::int64_t Control::purge_before(Ms before, bool& emptied, Code& result) {
  std::int64_t count = 0;
  struct Purged {
    std::size_t found = kPurgedTogether;
    std::size_t count = 0;
    std::exception_ptr damaged;  // what was passed by
  };
  bool all = true;
  for (Purged purged; purged.found == kPurgedTogether;) {
    purged = context_.write(verb::purge, {}, [&](Tables& tables) {
      Purged now;
      std::vector<BlastKey> keys;
      for (const auto& blast : tables.blasts().recalled_before(before, kPurgedTogether, now.damaged))
        keys.emplace_back(blast.provider_no, blast.no);
      now.found = keys.size();
      tables.lock().blasts(keys, Hold::exclusive);
      const auto blasts = tables.blasts().blasts(keys);
      for (const auto& key : keys) {
        const auto* blast = blasts.find(key);
        if (blast == nullptr || blast->purged) continue;  // somebody else was faster
        purge_text(tables, *blast);
        ++now.count;
      }
      if (now.count > 0) tables.store().add_debt();
      return now;
    });
    count += static_cast<std::int64_t>(purged.count);
    all = all && !purged.damaged;
  }
  emptied = settle_debts(context_, Patience::some);
  result = all ? Code::ok : Code::partial;
  return count;
}

bool Control::sweep() {
  try {
    return context_.write(verb::sweep, {}, [&](Tables& tables) {
      const auto blast = to_sweep(tables);
      if (blast) lock_to_sweep(tables, *blast);
      if (blast && !sweep_items(tables, context_, *blast)) sweep_threads(tables, *blast, kThreadsTogether);
      return blast.has_value();
    });
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
  }
  // What is damaged must not keep the rest of it, and the blasts behind it, from being swept. Items that are
  // left are left out when they are due.
  const auto blast = context_.store.read([](const Tables& tables) { return to_sweep(tables); });
  if (!blast) return false;
  for (const std::size_t most : {kThreadsTogether / 20, std::size_t{1}}) {
    try {
      context_.write(verb::sweep, {}, [&](Tables& tables) {
        lock_to_sweep(tables, *blast);
        sweep_threads(tables, *blast, most);
      });
      return true;
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
    }
  }
  context_.write(verb::sweep, {}, [&](Tables& tables) {
    lock_to_sweep(tables, *blast);
    pass_one_by(tables, *blast);
  });
  return true;
}

}  // namespace bccast
