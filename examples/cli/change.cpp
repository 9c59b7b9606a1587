#include "change.hpp"

#include <algorithm>

namespace cli {
namespace {

constexpr std::size_t kChunk = 100'000;  // ids of one call
constexpr std::size_t kMostNamed = 5;    // ids named in a message

void note(Changes& changes, std::string_view client, std::int32_t result) {
  if (result == BCCAST_EXISTS) {
    ++changes.unchanged;
  } else if (result >= 0) {
    ++changes.changed;
  } else {
    changes.refused.emplace_back(client, result);
  }
}

/// Whether an error is that of one client, or would be that of all.
bool is_of_one(std::int32_t code) {
  switch (code) {
    case BCCAST_E_NOT_FOUND:
    case BCCAST_E_STATE:
    case BCCAST_E_LIMIT:
    case BCCAST_E_ARGUMENT:
    case BCCAST_E_UTF8:
      return true;
    default:
      return false;
  }
}

const char* meaning(std::int32_t code) {
  switch (code) {
    case BCCAST_E_NOT_FOUND:
      return "there is no such client here";
    case BCCAST_E_STATE:
      return "the client is archived";
    case BCCAST_E_LIMIT:
      return "that would be one too many, or the id is too long";
    case BCCAST_E_ARGUMENT:
    case BCCAST_E_UTF8:
      return "that is no id";
    default:
      return bccast_code_name(code);
  }
}

}  // namespace

Changes change_each(const std::vector<std::string>& clients, const Change& change) {
  Changes changes;
  if (!change.many) {
    for (const std::string& client : clients) {
      const std::int32_t result = change.one(client.c_str());
      if (!is_of_one(result)) check(result);
      note(changes, client, result);
    }
    return changes;
  }
  for (std::size_t first = 0; first < clients.size(); first += kChunk) {
    Column ids;
    for (std::size_t i = first; i < std::min(clients.size(), first + kChunk); ++i) ids.add(clients[i]);
    std::vector<std::int32_t> results(ids.size());
    check(change.many(ids.size(), ids.bytes(), ids.offsets(), results.data()));
    for (std::size_t i = 0; i < ids.size(); ++i) note(changes, ids[i], results[i]);
  }
  return changes;
}

std::string names_of_refused(const Changes& changes) {
  std::string names;
  const std::size_t named = std::min(changes.refused.size(), kMostNamed);
  for (std::size_t i = 0; i < named; ++i) {
    names.append(i == 0 ? "" : ", ").append(changes.refused[i].first);
  }
  const std::size_t more = changes.refused.size() - named;
  return more == 0 ? names : names + " and " + std::to_string(more) + " more";
}

int change_and_print(const Session& session, const std::vector<std::string>& clients, const Record& about,
                     const Change& change) {
  Changes changes;
  if (clients.size() == 1 && change.one) {
    note(changes, clients[0], check(change.one(clients[0].c_str())));
  } else {
    changes = change_each(clients, change);
  }
  for (const auto& [client, code] : changes.refused) remark(client + ": " + meaning(code));

  Record record = about;
  record.add("changed", changes.changed).add("unchanged", changes.unchanged);
  if (session.json) {
    Listing listing(true, "refused");
    for (const auto& [name, value] : record.properties()) listing.add_property(name, value);
    std::vector<Record> refused;
    for (const auto& [client, code] : changes.refused) {
      refused.emplace_back().add("client", client).add("code", std::string(bccast_code_name(code)));
    }
    listing.add(refused);
    listing.end();
  } else {
    record.add("refused", static_cast<std::int64_t>(changes.refused.size())).print(false);
  }
  if (changes.refused.empty()) return kOk;
  return changes.changed + changes.unchanged != 0 ? kPartly : exit_code_of(changes.refused[0].second);
}

}  // namespace cli
