// Channels, and the work that is queued, in flight, or failed on them, as rows.
#pragma once

#include "ports/channel_tables.hpp"
#include "ports/claim_tables.hpp"
#include "ports/item_tables.hpp"
#include "ports/line_tables.hpp"

namespace bccast {

/// One in each transaction; a store implements the four apart.
class WorkTables : public virtual ChannelTables,
                   public virtual LineTables,
                   public virtual ClaimTables,
                   public virtual ItemTables {};

}  // namespace bccast
