// bccast import: clients from a CSV file onto a provider's roster.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "command.hpp"
#include "commands.hpp"
#include "csv.hpp"
#include "files.hpp"
#include "output.hpp"

namespace cli {
namespace {

constexpr std::size_t kChunk = 100'000;  // items of one call, each one transaction
constexpr std::array<std::string_view, 4> kColumns = {"id", "name", "email", "status"};
enum ColumnOf : std::size_t { kId, kName, kEmail, kStatus };

struct ImportOptions {
  std::string file;
  std::string provider;
  std::optional<std::string> name;
};

/// Where each of kColumns stands in the file.
using Header = std::array<std::optional<std::size_t>, kColumns.size()>;

struct Client {
  std::uint64_t line;
  bool archived;
};

class Import {
 public:
  Import(bccast_engine* engine, const ImportOptions& options, std::istream& in)
      : engine_(engine), options_(options), csv_(in) {}

  int run(bool json) {
    read_header();
    put_provider();
    for (;;) {
      const CsvReader::Result result = csv_.next();
      if (result == CsvReader::Result::end) break;
      ++read_;
      if (result == CsvReader::Result::bad) {
        skip(csv_.line(), csv_.reason());
      } else if (const char* fault = add_record()) {
        skip(csv_.line(), fault);
      }
      if (clients_.size() == kChunk) write_chunk();
    }
    write_chunk();
    Record()
        .add("read", number(read_))
        .add("new_on_roster", number(new_))
        .add("already_there", number(there_))
        .add("archived", number(archived_))
        .add("skipped", number(skipped_))
        .print(json);
    return skipped_ == 0 ? kOk : kPartly;
  }

 private:
  static Value number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

  void read_header() {
    if (csv_.next() != CsvReader::Result::record) {
      throw Stop(kError, options_.file + " does not begin with a line that names its columns");
    }
    width_ = csv_.fields().size();
    for (std::size_t i = 0; i < width_; ++i) {
      const auto found = std::find(kColumns.begin(), kColumns.end(), csv_.fields()[i]);
      const std::string where = "line " + std::to_string(csv_.line()) + ": column " + std::to_string(i + 1);
      if (found == kColumns.end()) throw Stop(kError, where + " is none of id, name, email, status");
      auto& place = header_.at(static_cast<std::size_t>(found - kColumns.begin()));
      if (place) throw Stop(kError, where + " has the same name as column " + std::to_string(*place + 1));
      place = i;
    }
    if (!header_[kId]) throw Stop(kError, "line " + std::to_string(csv_.line()) + ": there is no column id");
  }

  void put_provider() {
    const char* provider = options_.provider.c_str();
    if (options_.name) {
      check(bccast_directory_provider_put(engine_, provider, options_.name->c_str()));
      return;
    }
    const std::int32_t known = bccast_provider_roster_count(engine_, provider, nullptr, nullptr);
    if (known == BCCAST_E_NOT_FOUND) {
      check(bccast_directory_provider_put(engine_, provider, provider));
    } else {
      check(known);
    }
  }

  std::string_view field(ColumnOf column) const {
    const auto place = header_.at(column);
    return place ? std::string_view(csv_.fields()[*place]) : std::string_view();
  }

  /// Takes the record into the chunk, or says why not.
  const char* add_record() {
    if (csv_.fields().size() != width_) return "it has another number of fields than the first line";
    const std::string_view status = field(kStatus);
    if (!status.empty() && status != "active" && status != "archived") {
      return "the status is neither active nor archived";
    }
    if (field(kId).empty()) return "the id is empty";
    const auto [first, is_new] = lines_.try_emplace(std::string(field(kId)), csv_.line());
    if (!is_new) {
      repeat_ = "the id is the same as on line " + std::to_string(first->second);
      return repeat_.c_str();
    }
    ids_.add(field(kId));
    names_.add(field(kName));
    emails_.add(field(kEmail));
    clients_.push_back({csv_.line(), status == "archived"});
    return nullptr;
  }

  void skip(std::uint64_t line, std::string reason) {
    faults_.emplace_back(line, std::move(reason));
    ++skipped_;
  }

  /// Says what is wrong, in the order of the file.
  void report_faults() {
    std::sort(faults_.begin(), faults_.end());
    for (const auto& [line, reason] : faults_) {
      std::cerr << "bccast: line " << line << ": " << reason << '\n';
    }
    std::cerr.flush();
    faults_.clear();
  }

  static std::string refusal(std::int32_t code) {
    switch (code) {
      case BCCAST_E_UTF8:
        return "the id, name or email is not UTF-8";
      case BCCAST_E_LIMIT:
        return "the id, name or email is too long (" + std::to_string(BCCAST_MAX_ID) + ", " +
               std::to_string(BCCAST_MAX_NAME) + " and " + std::to_string(BCCAST_MAX_ADDRESS) +
               " bytes at the most)";
      case BCCAST_E_ARGUMENT:
        return "the id, name or email holds characters that it may not hold";
      default:
        return std::string("it was refused: ") + bccast_code_name(code);
    }
  }

  /// What the file does not say stays as it is: a column that is not there is not given.
  void write_chunk() {
    const std::size_t n = clients_.size();
    if (n != 0) {
      const bool names = header_[kName].has_value();
      const bool emails = header_[kEmail].has_value();
      std::vector<std::int32_t> results(n);
      check(bccast_directory_client_put_many(
          engine_, n, ids_.bytes(), ids_.offsets(), names ? names_.bytes() : nullptr,
          names ? names_.offsets() : nullptr, emails ? emails_.bytes() : nullptr,
          emails ? emails_.offsets() : nullptr, results.data()));
      Column active;
      Column archived;
      for (std::size_t i = 0; i < n; ++i) {
        if (results[i] < 0) {
          skip(clients_[i].line, refusal(results[i]));
        } else {
          (clients_[i].archived ? archived : active).add(ids_[i]);
        }
      }
      add_to_roster(active, bccast_directory_roster_add_many);
      // Who comes archived is never active, not even for a moment; who is there already becomes archived now.
      add_to_roster(archived, bccast_directory_roster_add_archived_many);
      archive(archived);
    }
    report_faults();
    clients_.clear();
    ids_.clear();
    names_.clear();
    emails_.clear();
  }

  void add_to_roster(const Column& ids, decltype(&bccast_directory_roster_add_many) add) {
    if (ids.size() == 0) return;
    std::vector<std::int32_t> results(ids.size());
    check(add(engine_, options_.provider.c_str(), ids.size(), ids.bytes(), ids.offsets(), results.data()));
    const auto there = static_cast<std::uint64_t>(std::count(results.begin(), results.end(), BCCAST_EXISTS));
    there_ += there;
    new_ += ids.size() - there;
  }

  void archive(const Column& ids) {
    if (ids.size() == 0) return;
    check(bccast_directory_roster_archive_many(engine_, options_.provider.c_str(), ids.size(), ids.bytes(),
                                               ids.offsets(), nullptr));
    archived_ += ids.size();
  }

  bccast_engine* engine_;
  const ImportOptions& options_;
  CsvReader csv_;
  Header header_;
  std::size_t width_ = 0;

  Column ids_, names_, emails_;  // the chunk
  std::vector<Client> clients_;
  std::vector<std::pair<std::uint64_t, std::string>> faults_;
  std::unordered_map<std::string, std::uint64_t> lines_;  // where each id is first
  std::string repeat_;

  std::uint64_t read_ = 0, new_ = 0, there_ = 0, archived_ = 0, skipped_ = 0;
};

int import_clients(const Session& session, const ImportOptions& options) {
  const auto in = open_input(options.file);
  const Engine engine = open_or_make(session);
  return Import(engine.get(), options, *in).run(session.json);
}

}  // namespace

void add_import(Command program, Session& session) {
  auto options = std::make_shared<ImportOptions>();
  Command command =
      add_command(program, session, "import", "Put the clients of a CSV file on a provider's roster", options,
                  import_clients);
  command.add_option("FILE", options->file, "The file; - is stdin").required();
  command.add_option("--provider", options->provider, "Whose roster").required();
  command.add_option("--name", options->name, "The provider's display name");
  add_footer(
      command,
      "The first line names the columns, in any order: id, and if you like name, email, status (active,\n"
      "archived; empty: active). Known clients get the name and e-mail of the file; a column that is\n"
      "missing changes nothing. Who is archived on the roster stays so: see `bccast roster restore`.\n"
      "Lines that cannot be taken are told by number on stderr and skipped (exit code 3). Makes the\n"
      "store and the provider when there is none.\n"
      "Columns: read new_on_roster already_there archived skipped",
      "clients.csv --provider dr-lee --name 'Dr. Lee'");
}

}  // namespace cli
