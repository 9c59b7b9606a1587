#include "model.hpp"

#include <algorithm>

namespace sim {

// ---- The directory

std::optional<PersonNo> Model::person(const std::string& id) const {
  const auto found = clients.find(id);
  if (found == clients.end()) return std::nullopt;
  return found->second;
}

Entry* Model::entry(ProviderNo provider, PersonNo person) {
  auto& roster = providers[at(provider)].roster;
  const auto found = roster.find(person);
  return found == roster.end() ? nullptr : &found->second;
}

const Entry* Model::entry(ProviderNo provider, PersonNo person) const {
  return const_cast<Model*>(this)->entry(provider, person);
}

bool Model::active(ProviderNo provider, PersonNo person) const {
  const auto* found = entry(provider, person);
  const auto& who = people[at(person)];
  return found != nullptr && !found->archived && !who.archived && !who.erased;
}

void Model::add_to_roster(ProviderNo provider, PersonNo person) {
  providers[at(provider)].roster.emplace(person, Entry{});
}

void Model::archive_entry(ProviderNo provider, PersonNo person) {
  entry(provider, person)->archived = true;
  for (auto& thread : threads)
    if (thread.kind == Thread::Kind::community && thread.provider == provider) thread.members.erase(person);
}

void Model::archive_person(PersonNo person) {
  people[at(person)].archived = true;
  for (auto& thread : threads) thread.members.erase(person);
}

void Model::erase(PersonNo person) {
  auto& who = people[at(person)];
  clients.erase(who.id);
  who.erased = true;
  for (auto& provider : providers) provider.roster.erase(person);
  for (auto& thread : threads) {
    thread.members.erase(person);
    for (auto& message : thread.messages) {
      if (message.author != person) continue;
      message.removed = true;
      message.text.clear();
    }
  }
  for (auto& blast : blasts) {
    blast.picked.erase(person);
    blast.deselected.erase(person);
  }
  for (auto& item : items)
    if (!item.to_provider && item.person == person && !item.ended()) item.dropped = true;
}

void Model::archive_provider(ProviderNo provider) {
  auto& it = providers[at(provider)];
  it.archived = true;
  for (auto& blast : blasts)
    if (blast.provider == provider && blast.state == Blast::State::draft) {
      blast.state = Blast::State::discarded;
    } else if (blast.provider == provider && blast.state == Blast::State::scheduled) {
      blast.state = Blast::State::draft;
      blast.due = kUnknown;
      ++blast.misses;
    }
  for (auto& item : items)
    if (threads[at(item.thread)].provider == provider && !item.ended()) item.dropped = true;
}

// ---- Channels

std::optional<ChannelNo> Model::channel(const std::string& name) const {
  for (std::size_t i = 0; i < channels.size(); ++i)
    if (channels[i].name == name && !channels[i].removed) return static_cast<ChannelNo>(i);
  return std::nullopt;
}

void Model::put_channel(const std::string& name, bool deliver) {
  if (channel(name)) return;
  channels.push_back({name, deliver});
}

void Model::remove_channel(ChannelNo channel) {
  channels[at(channel)].removed = true;
  for (auto& item : items)
    if (item.channel == channel && !item.ended()) item.dropped = true;
}

std::set<ChannelNo> Model::living_channels() const {
  std::set<ChannelNo> living;
  for (std::size_t i = 0; i < channels.size(); ++i)
    if (!channels[i].removed) living.insert(static_cast<ChannelNo>(i));
  return living;
}

// ---- Blasts and threads

std::set<PersonNo> Model::audience(const Blast& blast) const {
  std::set<PersonNo> them;
  for (const auto& [person, entry] : providers[at(blast.provider)].roster) {
    const bool chosen = (blast.all || blast.picked.contains(person)) && !blast.deselected.contains(person);
    if (chosen && active(blast.provider, person) && entry.chat && people[at(person)].chat)
      them.insert(person);
  }
  return them;
}

void Model::send(BlastNo number, bool carried_out) {
  Blast& blast = blasts[at(number)];
  const bool scheduled = blast.state == Blast::State::scheduled && carried_out;
  blast.state = Blast::State::sent;
  if (!scheduled) ++blast.sendings;
  blast.recipients = audience(blast);
  // What was scheduled has its deadline; else it is counted from the sending.
  if (!scheduled) blast.due = kUnknown;
  blast.late = blast.late && scheduled;
  for (const auto channel : living_channels())
    if (!blast.only || blast.only->contains(channels[at(channel)].name)) blast.channels.insert(channel);
  for (const auto person : blast.recipients) {
    Thread thread;
    thread.provider = blast.provider;
    thread.person = person;
    thread.blast = number;
    thread.messages.push_back({-1, *blast.text, kUnknown, false});
    threads.push_back(std::move(thread));
    const auto made = static_cast<ThreadNo>(threads.size() - 1);
    blast.threads[person] = made;
    for (const auto channel : blast.channels) add_item(made, 1, channel, false, person);
  }
}

bool Model::sees(const Thread& thread, PersonNo person) const {
  if (people[at(person)].erased) return false;
  if (thread.kind == Thread::Kind::community) return thread.members.contains(person);
  return thread.person == person && !thread.messages.empty() && thread.fate != Thread::Fate::gone;
}

int Model::first_seen(const Thread& thread, PersonNo person) const {
  return thread.kind == Thread::Kind::community ? thread.members.at(person).since + 1 : 1;
}

int Model::unread(const Thread& thread, PersonNo person) const {
  const int read = thread.kind == Thread::Kind::community
                       ? std::max(thread.members.at(person).read, thread.members.at(person).since)
                       : thread.client_read;
  int count = 0;
  for (auto i = at(read); i < thread.messages.size(); ++i)
    if (thread.messages[i].author != person) ++count;
  return count;
}

int Model::provider_unread(const Thread& thread) const {
  int count = 0;
  for (auto i = at(thread.provider_read); i < thread.messages.size(); ++i)
    if (thread.messages[i].author != -1) ++count;
  return count;
}

std::vector<ThreadNo> Model::inbox(PersonNo person) const {
  std::vector<ThreadNo> them;
  for (std::size_t i = 0; i < threads.size(); ++i)
    if (sees(threads[i], person) && threads[i].messages.size() >= at(first_seen(threads[i], person)))
      them.push_back(static_cast<ThreadNo>(i));
  return them;
}

ThreadNo Model::direct_thread(ProviderNo provider, PersonNo person) {
  const auto found = direct.find({provider, person});
  if (found != direct.end()) return found->second;
  Thread thread;
  thread.kind = Thread::Kind::direct;
  thread.provider = provider;
  thread.person = person;
  threads.push_back(std::move(thread));
  return direct[{provider, person}] = static_cast<ThreadNo>(threads.size() - 1);
}

int Model::write(ThreadNo number, PersonNo author, const std::string& text, std::int64_t at_ms) {
  Thread& thread = threads[at(number)];
  thread.messages.push_back({author, text, at_ms, false});
  const int seq = static_cast<int>(thread.messages.size());
  add_items(number, seq, living_channels());
  return seq;
}

void Model::read(ThreadNo number, PersonNo person, int up_to) {
  Thread& thread = threads[at(number)];
  const int newest = static_cast<int>(thread.messages.size());
  int& mark = person == -1                             ? thread.provider_read
              : thread.kind == Thread::Kind::community ? thread.members.at(person).read
                                                       : thread.client_read;
  mark = std::max(mark, std::min(up_to, newest));
}

// ---- Work

void Model::add_items(ThreadNo number, int seq, const std::set<ChannelNo>& on) {
  const Thread& thread = threads[at(number)];
  const PersonNo author = thread.messages[at(seq - 1)].author;
  for (const auto channel : on) {
    if (author != -1) add_item(number, seq, channel, true, -1);
    if (thread.kind != Thread::Kind::community) {
      if (author != thread.person) add_item(number, seq, channel, false, thread.person);
      continue;
    }
    for (const auto& [person, member] : thread.members)
      if (person != author) add_item(number, seq, channel, false, person);
  }
}

void Model::add_item(ThreadNo thread, int seq, ChannelNo channel, bool to_provider, PersonNo person) {
  Item item;
  item.thread = thread;
  item.seq = seq;
  item.channel = channel;
  item.to_provider = to_provider;
  item.person = person;
  items_of[thread].push_back(items.size());
  items.push_back(item);
}

bool Model::held_up(const Item& item) const {
  const Thread& thread = threads[at(item.thread)];
  if (thread.messages[at(item.seq - 1)].recalled) return true;
  return thread.kind == Thread::Kind::blast && item.seq == 1 &&
         blasts[at(thread.blast)].state == Blast::State::paused;
}

std::optional<std::size_t> Model::match(const std::string& id, ChannelNo channel, bool to_provider,
                                        PersonNo person, ThreadNo thread, std::int64_t at_ms, int seq) {
  const auto fits = [&](const Item& item) {
    const auto at_message = threads[at(item.thread)].messages[at(item.seq - 1)].at;
    return item.channel == channel && item.to_provider == to_provider &&
           (to_provider || item.person == person) && item.thread == thread &&
           (at_message == kUnknown || at_message / 1000 == at_ms / 1000) && (seq == 0 || item.seq == seq);
  };
  if (const auto known = item_ids.find(id); known != item_ids.end())
    return fits(items[known->second]) ? std::optional(known->second) : std::nullopt;
  std::optional<std::size_t> found;
  const bool other = std::ranges::any_of(items_of[thread], [&](std::size_t i) {
    return items[i].id.empty() && fits(items[i]) && !held_up(items[i]);
  });
  for (const auto i : items_of[thread]) {
    if (!items[i].id.empty() || !fits(items[i])) continue;
    if (other && held_up(items[i])) continue;
    if (found) items[i].alike = items[*found].alike = true;
    if (!found) found = i;
  }
  if (!found) return std::nullopt;
  items[*found].id = id;
  item_ids[id] = *found;
  return found;
}

/// People are told only of what was delivered.
bool Model::undelivered(const Item& item) const {
  return std::ranges::any_of(items_of.at(item.thread), [&](std::size_t i) {
    const Item& other = items[i];
    return channels[at(other.channel)].deliver && other.seq == item.seq && other.person == item.person &&
           other.to_provider == item.to_provider &&
           (other.dropped || other.may_be_left_out() || other.answer == Item::Answer::failed ||
            other.answer == Item::Answer::skipped);
  });
}

bool Model::too_early(const Item& item) const {
  return std::ranges::any_of(items_of.at(item.thread), [&](std::size_t i) {
    const Item& other = items[i];
    return channels[at(other.channel)].deliver && other.seq == item.seq && other.person == item.person &&
           other.to_provider == item.to_provider && !other.given && !other.uncertain &&
           !other.may_be_left_out() && !other.dropped && !other.alike;
  });
}

bool Model::reason_to_skip(const Item& item) const {
  const Thread& thread = threads[at(item.thread)];
  const Channel& way = channels[at(item.channel)];
  if (thread.messages[at(item.seq - 1)].removed || thread.messages[at(item.seq - 1)].recalled) return true;
  if (item.to_provider) {
    const Provider& provider = providers[at(thread.provider)];
    return provider.archived || provider_unread(thread) == 0 ||
           (!way.deliver && (!provider.addresses.contains(way.name) || undelivered(item)));
  }
  const Person& who = people[at(item.person)];
  const Entry* mine = entry(thread.provider, item.person);
  if (!active(thread.provider, item.person) || !sees(thread, item.person)) return true;
  if (unread(thread, item.person) == 0) return true;
  if (way.deliver) return false;
  if (!who.notify || !mine->notify || !who.addresses.contains(way.name)) return true;
  return undelivered(item);
}

void Model::note_reasons() {
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = items[i];
    if (item.ended()) continue;
    if (!item.may_skip && reason_to_skip(item)) item.may_skip = true;
    if (!item.may_share && shares_address(i)) item.may_share = true;
  }
}

void Model::settle(Item& item, Item::Answer answer) {
  item.answer = answer;
  if (answer == Item::Answer::not_tried) {  // given back as it was: who had it before may still report it
    item.open = item.uncertain = false;
    item.unclear = true;
    return;
  }
  item.stored = true;
  item.uncertain = item.unclear = false;
  item.open = false;
  ++item.round;
  if (answer == Item::Answer::retry) ++item.tries;
  if (answer == Item::Answer::done || answer == Item::Answer::failed)
    item.told_at.insert(folded(item.address));
}

void Model::fail_as_a_whole(Item& item) {
  if (item.alone) item.failed_alone_in = item.batch;
  item.answer = Item::Answer::whole;
  item.unclear = true;
  ++item.tries;
}

void Model::lose_claims() {
  for (const auto& item : items)
    if (item.given && !item.stored) channels[at(item.channel)].pace.give_back();
}

void Model::crashed() {
  for (auto& item : items) {
    item.open = false;
    item.batch = -1;
    if (item.given && !item.stored) item.uncertain = true;
  }
}

}  // namespace sim
