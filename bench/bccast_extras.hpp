// What else figures.md promises of bccast: choosing clients by id, a blast to a random half, the inbox.
// Each on a store with a roster, made by bccast_import.
#pragma once

#include "design.hpp"

namespace bench {

/// select_ascending_s, select_shuffled_s: the whole roster by id through one bccast_blast_select_many.
Figures bccast_select_by_id(const Task& task);

/// A blast to half of the roster, chosen at random: half_accept_s, half_work_s, half_kept_bytes,
/// half_recipients. Random is the worst case for a bitmap.
Figures bccast_random_half(const Task& task);

/// Taking back a blast to the whole roster: before anybody was told (recall_untold_s) and after everybody was
/// (recall_told_s); each until durable. What it leaves to be brought up to date is not in it.
Figures bccast_recall(const Task& task);

/// bccast_client_threads of clients with five unseen blasts: the first look of each client and later ones,
/// where each blast had 2 recipients and where it had the whole roster. inbox_2_first_s, inbox_2_later_s,
/// inbox_all_first_s, inbox_all_later_s.
Figures bccast_inbox(const Task& task);

}  // namespace bench
