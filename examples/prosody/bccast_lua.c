/* bccast for Lua 5.4, as much of it as mod_bccast.lua needs: local bccast = require "bccast".
 *
 * Lua raises errors by longjmp, which must never cross the library. So all that may raise is done before a
 * call (arguments are looked at, boxes for what the library gives out are made) or after it, when what it
 * gave out is in a box that the garbage collector empties. Work is claimed, so no callback leads from the
 * library into Lua.
 *
 * What fails gives nil, the code's name and a message. What succeeds gives what was asked for, or else the
 * code's name. Lists are tables of rows by column name; an empty cell is nil. An engine and its batches
 * belong to one Lua state.
 */
#include <bccast/bccast.h>
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

static const char ENGINE[] = "bccast engine", BATCH[] = "bccast batch", ROWS[] = "bccast rows",
                  CONFIG[] = "bccast config";

/* ---- Boxes: userdata that free what they hold --------------------------------------------------------- */

/* A pointer, for the library to write to; closed or not yet written to it is NULL. */
static void* new_box(lua_State* lua, const char* kind) {
  void* box = lua_newuserdatauv(lua, sizeof(void*), 1);
  memset(box, 0, sizeof(void*));
  luaL_setmetatable(lua, kind);
  return box;
}

static int free_engine(lua_State* lua) {
  bccast_engine** box = luaL_checkudata(lua, 1, ENGINE);
  bccast_close(*box, 0);
  *box = NULL;
  return 0;
}

static int free_batch(lua_State* lua) {
  bccast_batch** box = luaL_checkudata(lua, 1, BATCH);
  bccast_batch_free(*box);
  *box = NULL;
  return 0;
}

static int free_rows(lua_State* lua) {
  bccast_rows** box = luaL_checkudata(lua, 1, ROWS);
  bccast_rows_free(*box);
  *box = NULL;
  return 0;
}

static int free_config(lua_State* lua) {
  bccast_config** box = luaL_checkudata(lua, 1, CONFIG);
  bccast_config_free(*box);
  *box = NULL;
  return 0;
}

static bccast_engine* engine_of(lua_State* lua) {
  bccast_engine** box = luaL_checkudata(lua, 1, ENGINE);
  luaL_argcheck(lua, *box != NULL, 1, "the engine was closed");
  return *box;
}

static bccast_batch* batch_of(lua_State* lua) {
  bccast_batch** box = luaL_checkudata(lua, 1, BATCH);
  luaL_argcheck(lua, *box != NULL, 1, "the batch was freed");
  return *box;
}

/* ---- Arguments and results -------------------------------------------------------------------------------
 */

/* A text for the library, which reads up to a NUL: what has one inside would be cut. */
static const char* text_of(lua_State* lua, int index) {
  size_t length;
  const char* text = luaL_checklstring(lua, index, &length);
  luaL_argcheck(lua, strlen(text) == length, index, "a NUL in it");
  return text;
}

static const char* optional_text_of(lua_State* lua, int index) {
  return lua_isnoneornil(lua, index) ? NULL : text_of(lua, index);
}

static int failure(lua_State* lua, int32_t code) {
  lua_pushnil(lua);
  lua_pushstring(lua, bccast_code_name(code));
  lua_pushstring(lua, bccast_error_message());
  return 3;
}

static int answer(lua_State* lua, int32_t code) {
  if (code < 0) return failure(lua, code);
  lua_pushstring(lua, bccast_code_name(code));
  return 1;
}

static void push_cell(lua_State* lua, const bccast_rows* rows, size_t row, size_t column) {
  if (bccast_rows_type(rows, column) == BCCAST_TYPE_I64) {
    int64_t number;
    if (bccast_rows_i64_at(rows, row, column, &number) == BCCAST_OK)
      lua_pushinteger(lua, number);
    else
      lua_pushnil(lua);
  } else {
    const char* text;
    size_t length;
    if (bccast_rows_text_at(rows, row, column, &text, &length) == BCCAST_OK)
      lua_pushlstring(lua, text, length);
    else
      lua_pushnil(lua);
  }
}

static int push_table(lua_State* lua, const bccast_rows* rows) {
  const size_t count = bccast_rows_count(rows), columns = bccast_rows_columns(rows);
  lua_createtable(lua, (int)count, 1);
  for (size_t row = 0; row < count; ++row) {
    lua_createtable(lua, 0, (int)columns);
    for (size_t column = 0; column < columns; ++column) {
      push_cell(lua, rows, row, column);
      lua_setfield(lua, -2, bccast_rows_name(rows, column));
    }
    lua_rawseti(lua, -2, (lua_Integer)row + 1);
  }
  if (bccast_rows_next(rows) != NULL) {
    lua_pushstring(lua, bccast_rows_next(rows));
    lua_setfield(lua, -2, "next");
  }
  return 1;
}

/* The rows in the box on top of the stack, once the call that filled it has given `code`. */
static int rows_in(lua_State* lua, bccast_rows** box, int32_t code) {
  return code < 0 ? failure(lua, code) : push_table(lua, *box);
}

/* ---- The engine ------------------------------------------------------------------------------------------
 */

/* bccast.open(path, { key = value }): the keys of bccast_config_describe. */
static int l_open(lua_State* lua) {
  const char* path = text_of(lua, 1);
  if (!lua_isnoneornil(lua, 2)) luaL_checktype(lua, 2, LUA_TTABLE);
  lua_settop(lua, 2);
  bccast_config** config = new_box(lua, CONFIG);
  bccast_engine** engine = new_box(lua, ENGINE);
  int32_t code = bccast_config_new(config);
  if (code < 0) return failure(lua, code);
  for (lua_pushnil(lua); lua_istable(lua, 2) && lua_next(lua, 2); lua_pop(lua, 1)) {
    luaL_argcheck(lua, lua_type(lua, -2) == LUA_TSTRING, 2, "a key that is no text");
    const char *key = text_of(lua, -2), *value = text_of(lua, -1);
    if ((code = bccast_config_set(*config, key, value)) < 0) return failure(lua, code);
  }
  lua_settop(lua, 4);
  code = bccast_open(path, *config, engine);
  return code < 0 ? failure(lua, code) : 1;
}

static int l_fd(lua_State* lua) {
  bccast_engine* engine = engine_of(lua);
  int32_t fd;
  const int32_t code = bccast_fd(engine, &fd);
  if (code < 0) return failure(lua, code);
  lua_pushinteger(lua, fd);
  return 1;
}

/* What is done to a thing of somebody's, and both are named by texts. */
static const struct act {
  const char* name;
  int32_t (*call)(bccast_engine*, const char*, const char*);
} acts[] = {
    {"channel_put", bccast_channel_put},
    {"provider_put", bccast_directory_provider_put},
    {"select_all_active", bccast_blast_select_all_active},
    {"discard", bccast_blast_discard},
    {"unschedule", bccast_blast_unschedule},
    {"recall", bccast_blast_recall},
};

static int l_act(lua_State* lua) {
  const struct act* act = lua_touserdata(lua, lua_upvalueindex(1));
  bccast_engine* engine = engine_of(lua);
  const char *whose = text_of(lua, 2), *what = text_of(lua, 3);
  return answer(lua, act->call(engine, whose, what));
}

/* engine:create(provider, key): the id of a new draft. */
static int l_create(lua_State* lua) {
  bccast_engine* engine = engine_of(lua);
  const char *provider = text_of(lua, 2), *key = optional_text_of(lua, 3);
  char blast[BCCAST_ID_SIZE];
  const int32_t code = bccast_blast_create(engine, provider, key, blast);
  if (code < 0) return failure(lua, code);
  lua_pushstring(lua, blast);
  return 1;
}

static const struct choice {
  const char* name;
  int32_t (*call)(bccast_engine*, const char*, const char*, size_t, const char*, const uint64_t*, int32_t*);
} choices[] = {
    {"select", bccast_blast_select_many},
    {"deselect", bccast_blast_deselect_many},
};

/* engine:select(provider, blast, { ids }): the name of a code for each of them. */
static int l_choice(lua_State* lua) {
  const struct choice* choice = lua_touserdata(lua, lua_upvalueindex(1));
  bccast_engine* engine = engine_of(lua);
  const char *provider = text_of(lua, 2), *blast = text_of(lua, 3);
  luaL_checktype(lua, 4, LUA_TTABLE);
  const size_t n = lua_rawlen(lua, 4);
  uint64_t* offsets = lua_newuserdatauv(lua, (n + 1) * sizeof *offsets, 0);
  int32_t* results = lua_newuserdatauv(lua, (n + 1) * sizeof *results, 0);
  luaL_Buffer bytes;
  luaL_buffinit(lua, &bytes);
  offsets[0] = 0;
  for (size_t i = 0; i < n; ++i) {
    lua_rawgeti(lua, 4, (lua_Integer)i + 1);
    luaL_argcheck(lua, lua_type(lua, -1) == LUA_TSTRING, 4, "an id that is no text");
    luaL_addvalue(&bytes);
    offsets[i + 1] = luaL_bufflen(&bytes);
  }
  luaL_pushresult(&bytes);
  const char* ids = lua_tostring(lua, -1);
  const int32_t code = choice->call(engine, provider, blast, n, ids, offsets, results);
  if (code < 0) return failure(lua, code);
  lua_createtable(lua, (int)n, 0);
  for (size_t i = 0; i < n; ++i) {
    lua_pushstring(lua, bccast_code_name(results[i]));
    lua_rawseti(lua, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* engine:write(provider, blast, text) */
static int l_write(lua_State* lua) {
  bccast_engine* engine = engine_of(lua);
  const char *provider = text_of(lua, 2), *blast = text_of(lua, 3);
  size_t length;
  const char* text = luaL_checklstring(lua, 4, &length);
  return answer(lua, bccast_blast_write(engine, provider, blast, text, length));
}

/* engine:set(provider, blast, key, value) */
static int l_set(lua_State* lua) {
  bccast_engine* engine = engine_of(lua);
  const char *provider = text_of(lua, 2), *blast = text_of(lua, 3), *key = text_of(lua, 4);
  const char* value = optional_text_of(lua, 5);
  return answer(lua, bccast_blast_set(engine, provider, blast, key, value));
}

/* engine:send(provider, blast, digest) */
static int l_send(lua_State* lua) {
  bccast_engine* engine = engine_of(lua);
  const char *provider = text_of(lua, 2), *blast = text_of(lua, 3), *digest = optional_text_of(lua, 4);
  return answer(lua, bccast_blast_send(engine, provider, blast, digest));
}

/* engine:preview(provider, blast) and the like: rows. */
static const struct view {
  const char* name;
  int32_t (*call)(bccast_engine*, const char*, const char*, bccast_rows**);
} views[] = {
    {"preview", bccast_blast_preview},
    {"get", bccast_blast_get},
    {"status", bccast_blast_status},
};

static int l_view(lua_State* lua) {
  const struct view* view = lua_touserdata(lua, lua_upvalueindex(1));
  bccast_engine* engine = engine_of(lua);
  const char *provider = text_of(lua, 2), *blast = text_of(lua, 3);
  bccast_rows** box = new_box(lua, ROWS);
  return rows_in(lua, box, view->call(engine, provider, blast, box));
}

/* engine:blasts(provider, filter, cursor, limit) and engine:threads of the same; engine:client_threads of a
 * client's. */
static const struct list {
  const char* name;
  int32_t (*call)(bccast_engine*, const char*, const char*, const char*, uint32_t, bccast_rows**);
} lists[] = {
    {"blasts", bccast_blast_list},
    {"threads", bccast_provider_threads},
    {"client_threads", bccast_client_threads},
};

static int l_list(lua_State* lua) {
  const struct list* list = lua_touserdata(lua, lua_upvalueindex(1));
  bccast_engine* engine = engine_of(lua);
  const char *whose = text_of(lua, 2), *filter = optional_text_of(lua, 3), *cursor = optional_text_of(lua, 4);
  const uint32_t limit = (uint32_t)luaL_optinteger(lua, 5, 0);
  bccast_rows** box = new_box(lua, ROWS);
  return rows_in(lua, box, list->call(engine, whose, filter, cursor, limit, box));
}

/* engine:selection(provider, blast, filter, cursor, limit) */
static int l_selection(lua_State* lua) {
  bccast_engine* engine = engine_of(lua);
  const char *provider = text_of(lua, 2), *blast = text_of(lua, 3), *filter = optional_text_of(lua, 4);
  const char* cursor = optional_text_of(lua, 5);
  const uint32_t limit = (uint32_t)luaL_optinteger(lua, 6, 0);
  bccast_rows** box = new_box(lua, ROWS);
  return rows_in(lua, box, bccast_blast_selection(engine, provider, blast, filter, cursor, limit, box));
}

/* ---- Threads ---------------------------------------------------------------------------------------------
 */

/* engine:client_reply(who, thread, key, text): its number in the thread. */
static const struct reply {
  const char* name;
  int32_t (*call)(bccast_engine*, const char*, const char*, const char*, const char*, size_t, int64_t*,
                  int64_t*);
} replies[] = {
    {"client_reply", bccast_client_reply},
    {"provider_reply", bccast_provider_reply},
};

static int l_reply(lua_State* lua) {
  const struct reply* reply = lua_touserdata(lua, lua_upvalueindex(1));
  bccast_engine* engine = engine_of(lua);
  const char *who = text_of(lua, 2), *thread = text_of(lua, 3), *key = optional_text_of(lua, 4);
  size_t length;
  const char* text = luaL_checklstring(lua, 5, &length);
  int64_t seq;
  const int32_t code = reply->call(engine, who, thread, key, text, length, &seq, NULL);
  if (code < 0) return failure(lua, code);
  lua_pushinteger(lua, seq);
  return 1;
}

/* engine:client_read(who, thread, up_to_seq) */
static const struct mark {
  const char* name;
  int32_t (*call)(bccast_engine*, const char*, const char*, int64_t);
} marks[] = {
    {"client_read", bccast_client_read},
    {"provider_read", bccast_provider_read},
};

static int l_mark(lua_State* lua) {
  const struct mark* mark = lua_touserdata(lua, lua_upvalueindex(1));
  bccast_engine* engine = engine_of(lua);
  const char *who = text_of(lua, 2), *thread = text_of(lua, 3);
  return answer(lua, mark->call(engine, who, thread, luaL_checkinteger(lua, 4)));
}

/* ---- Work ------------------------------------------------------------------------------------------------
 */

static const char* const item_states[] = {"done", "retry", "failed", "skipped", "not_tried", NULL};
static const int32_t item_state_codes[] = {BCCAST_ITEM_DONE, BCCAST_ITEM_RETRY, BCCAST_ITEM_FAILED,
                                           BCCAST_ITEM_SKIPPED, BCCAST_ITEM_NOT_TRIED};

/* engine:claim(channel, max_items): a batch; false when nothing is due. */
static int l_claim(lua_State* lua) {
  bccast_engine* engine = engine_of(lua);
  const char* channel = text_of(lua, 2);
  const uint32_t max_items = (uint32_t)luaL_checkinteger(lua, 3);
  bccast_batch** box = new_box(lua, BATCH);
  lua_pushvalue(lua, 1); /* a batch keeps its engine */
  lua_setiuservalue(lua, -2, 1);
  const int32_t code = bccast_claim(engine, channel, max_items, box);
  if (code < 0) return failure(lua, code);
  if (*box == NULL) lua_pushboolean(lua, 0);
  return 1;
}

/* engine:report(item, state, reason) */
static int l_report(lua_State* lua) {
  bccast_engine* engine = engine_of(lua);
  const char* item = text_of(lua, 2);
  const int32_t state = item_state_codes[luaL_checkoption(lua, 3, NULL, item_states)];
  const char* reason = optional_text_of(lua, 4);
  return answer(lua, bccast_report(engine, item, state, reason));
}

static int l_items(lua_State* lua) {
  return push_table(lua, bccast_batch_rows(batch_of(lua)));
}

/* batch:set(item, state, reason), items from 1 on. */
static int l_batch_set(lua_State* lua) {
  bccast_batch* batch = batch_of(lua);
  const lua_Integer item = luaL_checkinteger(lua, 2);
  luaL_argcheck(lua, item >= 1, 2, "items begin with 1");
  const int32_t state = item_state_codes[luaL_checkoption(lua, 3, NULL, item_states)];
  const char* reason = optional_text_of(lua, 4);
  return answer(lua, bccast_batch_set(batch, (size_t)item - 1, state, reason, -1));
}

/* batch:complete(): all of it, as it was set. */
static int l_complete(lua_State* lua) {
  return answer(lua, bccast_batch_complete(batch_of(lua), 0, NULL));
}

/* ---- The module ------------------------------------------------------------------------------------------
 */

/* Adds a family to the table on top: each member is its one function with the member as upvalue. */
#define ADD_FAMILY(family, function)                               \
  for (size_t i = 0; i < sizeof(family) / sizeof *(family); ++i) { \
    lua_pushlightuserdata(lua, (void*)(uintptr_t) & (family)[i]);  \
    lua_pushcclosure(lua, function, 1);                            \
    lua_setfield(lua, -2, (family)[i].name);                       \
  }

static void new_kind(lua_State* lua, const char* kind, lua_CFunction free, const luaL_Reg* methods) {
  luaL_newmetatable(lua, kind);
  lua_pushcfunction(lua, free);
  lua_setfield(lua, -2, "__gc");
  lua_pushcfunction(lua, free);
  lua_setfield(lua, -2, "__close");
  lua_newtable(lua);
  luaL_setfuncs(lua, methods, 0);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "__index");
}

__attribute__((visibility("default"))) int luaopen_bccast(lua_State* lua) {
  static const luaL_Reg none[] = {{NULL, NULL}};
  static const luaL_Reg engine[] = {{"close", free_engine},
                                    {"fd", l_fd},
                                    {"create", l_create},
                                    {"write", l_write},
                                    {"set", l_set},
                                    {"send", l_send},
                                    {"selection", l_selection},
                                    {"claim", l_claim},
                                    {"report", l_report},
                                    {NULL, NULL}};
  static const luaL_Reg batch[] = {
      {"items", l_items}, {"set", l_batch_set}, {"complete", l_complete}, {"free", free_batch}, {NULL, NULL}};
  static const luaL_Reg module[] = {{"open", l_open}, {NULL, NULL}};
  new_kind(lua, ENGINE, free_engine, engine);
  ADD_FAMILY(acts, l_act)
  ADD_FAMILY(choices, l_choice)
  ADD_FAMILY(views, l_view)
  ADD_FAMILY(lists, l_list)
  ADD_FAMILY(replies, l_reply)
  ADD_FAMILY(marks, l_mark)
  new_kind(lua, BATCH, free_batch, batch);
  new_kind(lua, ROWS, free_rows, none);
  new_kind(lua, CONFIG, free_config, none);
  luaL_newlib(lua, module);
  lua_pushstring(lua, bccast_version());
  lua_setfield(lua, -2, "version");
  return 1;
}
