#include "memory/import.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/utf8.h"

#include <optional>
#include <set>
#include <unordered_map>

namespace microfiche::memory {
namespace {

constexpr size_t kMaxNameBytes = 1000;

/// A name for a conversation without an id: the same for the same turns.
std::string name_by_content(const ImportedConversation& conversation) {
  Sha256Stream hash;
  const auto add = [&](std::string_view text) {
    const auto size = concat(text.size(), ":");
    hash.add(std::as_bytes(std::span(size.data(), size.size())));
    hash.add(std::as_bytes(std::span(text.data(), text.size())));
  };
  for (const auto& turn : conversation.turns) {
    add(name_of(turn.role));
    add(turn.text);
  }
  return "sha256-" + hash.finish().substr(0, 16);
}

/// Writes the conversations of one file into the store.
class ImportWriter {
 public:
  ImportWriter(Store& store, const ImportOptions& options, ImportReport& report)
      : store_(store),
        options_(options),
        report_(report),
        turn_writer_(store),
        known_turns_(
            store.database(),
            "SELECT seq, role, sha256 FROM turn WHERE conversation = ?1"),
        erased_turns_(
            store.database(),
            "SELECT seq FROM erased_turn WHERE conversation = ?1"),
        insert_fact_(
            store.database(),
            "INSERT INTO fact (turn, key, value, kind) "
            "VALUES (?1, ?2, ?3, ?4)") {}

  void write(ImportedConversation conversation, Format format) {
    if (conversation.name.empty()) {
      conversation.name = name_by_content(conversation);
    }
    check(
        conversation.name.size() <= kMaxNameBytes,
        conversation.where,
        ": the name of the conversation has ",
        conversation.name.size(),
        " bytes, more than ",
        kMaxNameBytes,
        ", the limit");
    auto& title = conversation.title;
    if (title.size() > kMaxNameBytes) {
      title.resize(kMaxNameBytes);
      title.resize(valid_utf8_prefix(title));
    }
    const auto known = find_by_name(store_, conversation.name);
    if (known) {
      extend(*known, conversation);
      return;
    }
    const int64_t id = add_conversation(
        store_,
        {0,
         conversation.name,
         title,
         std::string(name_of(format)),
         /*source_sha256=*/"",
         options_.now_ms});
    new_conversations_.push_back(id);
    add_turns(id, conversation, /*after=*/0);
    ++report_.new_conversations;
  }

  /// Sets the hash of the file, which is known only when all of it was read.
  void set_source(const std::string& sha256) {
    Statement update(
        store_.database(),
        "UPDATE conversation SET source_sha256 = ?1 WHERE id = ?2");
    for (const int64_t id : new_conversations_) {
      update.bind(sha256, id).run();
    }
  }

 private:
  void extend(
      const Conversation& known,
      const ImportedConversation& conversation) {
    const auto stored = stored_turns(known.id);
    std::set<int64_t> erased;
    erased_turns_.bind(known.id);
    while (erased_turns_.next()) {
      erased.insert(erased_turns_.integer(0));
    }
    const int64_t last = next_seq(store_, known.id) - 1;
    int64_t num_erased = 0;
    for (const auto& turn : conversation.turns) {
      if (erased.contains(turn.seq)) {
        ++num_erased;
        continue;
      }
      const auto found = stored.find(turn.seq);
      const bool same = found == stored.end()
          ? turn.seq > last
          : found->second == key_of(name_of(turn.role), sha256(turn.text));
      if (!same) {
        report_.differing.push_back(
            concat(conversation.name, ", turn ", turn.seq));
        return;
      }
    }
    report_.erased_turns += num_erased;
    const int64_t before = report_.new_turns;
    add_turns(known.id, conversation, last);
    ++(report_.new_turns > before ? report_.extended_conversations
                                  : report_.known_conversations);
  }

  static std::string key_of(std::string_view role, std::string_view hash) {
    return concat(role, " ", hash);
  }

  /// Role and hash of each turn, by its number.
  std::unordered_map<int64_t, std::string> stored_turns(int64_t conversation) {
    std::unordered_map<int64_t, std::string> stored;
    known_turns_.bind(conversation);
    while (known_turns_.next()) {
      stored[known_turns_.integer(0)] =
          key_of(known_turns_.text(1), known_turns_.text(2));
    }
    return stored;
  }

  void add_turns(
      int64_t id,
      const ImportedConversation& conversation,
      int64_t after) {
    std::optional<int64_t> time;
    for (const auto& turn : conversation.turns) {
      report_.backward_times +=
          time && turn.time_ms && *turn.time_ms < *time ? 1 : 0;
      time = turn.time_ms ? turn.time_ms : time;
      if (turn.seq <= after) {
        continue;
      }
      const int64_t row = turn_writer_.add(id, turn, turn.where);
      for (const auto& fact : turn.facts) {
        insert_fact_.bind(row, fact.key, fact.value, fact.kind).run();
      }
      ++report_.new_turns;
    }
  }

  Store& store_;
  const ImportOptions& options_;
  ImportReport& report_;
  std::vector<int64_t> new_conversations_;
  TurnWriter turn_writer_;
  Statement known_turns_;
  Statement erased_turns_;
  Statement insert_fact_;
};

} // namespace

ImportReport import_file(
    Store& store,
    const std::filesystem::path& path,
    const ImportOptions& options,
    const std::function<void(int64_t)>& progress) {
  const bool from_stdin = path == "-";
  const std::string where = from_stdin ? "standard input" : path.string();
  std::string input;
  std::optional<MappedFile> file;
  if (from_stdin) {
    input = read_file(path);
  } else {
    file.emplace(path);
  }
  const std::string_view bytes = file
      ? std::string_view(
            reinterpret_cast<const char*>(file->bytes().data()),
            file->bytes().size())
      : std::string_view(input);

  ImportReport report;
  Transaction transaction(store.database());
  ImportWriter writer(store, options, report);
  ImportContext context;
  context.keep_tools = options.keep_tools;
  int64_t num_read = 0;
  context.sink = [&](ImportedConversation conversation) {
    throw_if_stop_requested();
    writer.write(std::move(conversation), context.format);
    ++num_read;
    if (progress) {
      progress(num_read);
    }
  };
  report.format = read_conversations(bytes, where, options.format, context);
  report.losses = context.losses;
  check(num_read > 0, where, ": no conversation with text in it");
  writer.set_source(sha256(bytes));
  transaction.commit();
  return report;
}

} // namespace microfiche::memory
