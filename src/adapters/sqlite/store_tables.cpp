#include "adapters/sqlite/store_tables.hpp"

#include "adapters/sqlite/mapping.hpp"
#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

#define FOLDING_COLUMNS "one, version, provider_no, place"
constexpr RowTable kFolding{
    "folding", RowKind::folding, FOLDING_COLUMNS, {.key = "one", .fixed = "", .counted = ""}};
constexpr Sql kPutFolding = replace_row(kFolding);
constexpr Sql kAllFoldings = select_rows(kFolding);

template <typename Columns, typename Row>
void visit(Columns& columns, std::int64_t& one, Row& folding) {
  columns.number(one);
  columns.number(folding.version);
  columns.number(folding.provider_no);
  columns.number(folding.place);
}

#define ACT_COLUMNS "act_no, kind, provider_no, number, stage, next"
#define ACT_ROW ACT_COLUMNS ", sum"

constexpr RowTable kAct{
    "act", RowKind::act, ACT_COLUMNS, {.key = "act_no", .fixed = "kind, provider_no, number", .counted = ""}};
constexpr Sql kInsertAct = insert_row(kAct);
constexpr Sql kUpdateAct = update_row(kAct);
constexpr Sql kAllActs = select_rows(kAct);

template <typename Columns, typename Row>
void visit_act(Columns& columns, Row& act) {
  columns.number(act.no);
  columns.one_of(act.kind, ActInParts::Kind::channel_end);
  columns.number(act.provider_no);
  columns.number(act.number);
  columns.number(act.stage);
  columns.number(act.next);
}

std::optional<ActInParts> act_of(Query& query) {
  if (!query.step()) return std::nullopt;
  ActInParts act;
  RowReader reader(query, kAct);
  visit_act(reader, act);
  act.damaged = !reader.sound();
  return act;
}

void write_act(Query& query, const ActInParts& act) {
  RowWriter writer(query, kAct);
  visit_act(writer, act);
  writer.finish();
  query.run();
}

#define STORE_COLUMNS "one, key, min_reader, min_writer, held"

constexpr RowTable kStore{"store",
                          RowKind::store,
                          STORE_COLUMNS,
                          {.key = "one", .fixed = "key", .counted = "min_reader, min_writer, held"}};
constexpr Sql kInsertStore = insert_row(kStore);
constexpr Sql kAllStores = select_rows(kStore);

template <typename Columns, typename Row>
void visit_store(Columns& columns, Row& own) {
  columns.number(own.one);
  columns.bytes(own.key);
  columns.number(own.min_reader);
  columns.number(own.min_writer);
  columns.flag(own.held);
}

}  // namespace

StoreRow read_store_row(Connection& db) {
  auto query = db.query("SELECT " STORE_COLUMNS ", sum FROM store WHERE one = 1");
  if (!query.step()) throw Error(Code::corrupt, "the store has lost its own row");
  StoreRow own;
  RowReader reader(query, kStore);
  visit_store(reader, own);
  reader.finish();
  return own;
}

void insert_store_row(Connection& db, const StoreRow& row) {
  auto query = db.query(kInsertStore.c_str());
  RowWriter writer(query, kStore);
  visit_store(writer, row);
  writer.finish();
  query.run();
}

bool SqliteStoreTables::held() const {
  return read_store_row(db_).held;
}

void SqliteStoreTables::set_held(bool held) {
  static_assert(kStore.weights[4] == 5);
  db_.query("UPDATE store SET held = ?1, sum = sum + (?1 - held) * 5 WHERE one = 1")
      .bind(std::int64_t{held})
      .run();
}

bool SqliteStoreTables::release() {
  if (!held()) return false;
  set_held(false);
  return true;
}

void SqliteStoreTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kStore, kAllStores, findings);
  find_damaged_rows(db_, kFolding, kAllFoldings, findings);
  find_damaged_rows(db_, kAct, kAllActs, findings);
}

Folding SqliteStoreTables::folding() const {
  auto query = db_.query("SELECT " FOLDING_COLUMNS ", sum FROM folding WHERE one = 1");
  if (!query.step()) return {};
  std::int64_t one = 0;
  Folding folding;
  RowReader reader(query, kFolding);
  visit(reader, one, folding);
  return reader.sound() ? folding : Folding{};
}

void SqliteStoreTables::set_folding(const Folding& folding) {
  auto query = db_.query(kPutFolding.c_str());
  std::int64_t one = 1;
  RowWriter writer(query, kFolding);
  visit(writer, one, folding);
  writer.finish();
  query.run();
}

void SqliteStoreTables::add_debt() {
  db_.query("INSERT INTO debt DEFAULT VALUES").run();
}

std::int64_t SqliteStoreTables::debts() const {
  auto query = db_.query("SELECT count(*) FROM debt WHERE debt_no > 0");
  return query.step() ? query.i64(0) : 0;
}

std::optional<DebtNo> SqliteStoreTables::last_debt() const {
  auto query = db_.query("SELECT max(debt_no) FROM debt");
  if (!query.step() || query.is_null(0)) return std::nullopt;
  return query.i64(0);
}

void SqliteStoreTables::settle_debts(DebtNo last) {
  db_.query("DELETE FROM debt WHERE debt_no <= ?").bind(last).run();
}

void SqliteStoreTables::add_act(const ActInParts& act) {
  auto query = db_.query(kInsertAct.c_str());
  write_act(query, act);
}

std::optional<ActInParts> SqliteStoreTables::first_act() const {
  auto query = db_.query("SELECT " ACT_ROW " FROM act ORDER BY act_no LIMIT 1");
  return act_of(query);
}

std::optional<ActInParts> SqliteStoreTables::act(ActNo no) const {
  auto query = db_.query("SELECT " ACT_ROW " FROM act WHERE act_no = ?");
  query.bind(no);
  return act_of(query);
}

void SqliteStoreTables::update_act(const ActInParts& act) {
  auto query = db_.query(kUpdateAct.c_str());
  write_act(query, act);
}

void SqliteStoreTables::delete_act(ActNo no) {
  db_.query("DELETE FROM act WHERE act_no = ?").bind(no).run();
}

}  // namespace bccast::sqlite
