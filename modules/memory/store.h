#pragma once

#include "core/folder_lock.h"
#include "memory/database.h"
#include "memory/turn.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

// Note [Truth and derived files]
// A store is one SQLite file, and the text of its turns is the truth: a turn is
// never changed, only erased. Everything else is derived from it: the full-text
// index, pages, pictures and vision tokens. Pictures and tokens are files in
// the folder STORE.files, named by the SHA-256 of their bytes. They can be
// deleted and made again.

/// A store of conversations. One thread at a time may use it.
class Store {
 public:
  enum class Mode {
    /// Changes nothing. Other processes may write meanwhile.
    kRead,
    /// Excludes other writers until destroyed.
    kWrite,
    /// As `kWrite`; makes a store that does not exist.
    kCreate,
  };

  /// Throws `InputError` for a missing store, a file of another program, a
  /// newer schema and a damaged file; `IoError` when another process writes to
  /// the store, and for a failed read or write, such as a full disk. A store
  /// that is opened for writing finishes erasures that were interrupted.
  Store(const std::filesystem::path& path, Mode mode);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Removes a store that this object has made and that is still empty, so that
  /// a failed import leaves nothing.
  ~Store();

  Database& database() {
    return *database_;
  }

  const std::filesystem::path& path() const {
    return path_;
  }

  /// The folder of the derived files; it may be missing.
  std::filesystem::path files_folder() const;

 private:
  std::filesystem::path path_;
  bool is_new_ = false;
  std::optional<FolderLock> lock_;
  std::optional<Database> database_;
};

/// The conversations in the order in which they came.
std::vector<Conversation> conversations(Store& store);

/// A conversation by its name or its number; the name wins. Throws `InputError`
/// when there is none.
Conversation find_conversation(Store& store, const std::string& name);

/// A conversation by its name, or by a name that was erased.
std::optional<Conversation> find_by_name(Store& store, const std::string& name);

/// What replaces a name that is erased: "erased-" and 16 digits of its SHA-256,
/// so that an import still finds the conversation. Such a name stays as it is.
std::string erased_name(const std::string& name);

/// Adds a conversation and returns its id. The caller holds a transaction.
int64_t add_conversation(Store& store, const Conversation& conversation);

/// The number that the next turn of a conversation gets.
int64_t next_seq(Store& store, int64_t conversation);

/// Adds turns to conversations. The caller holds a transaction.
class TurnWriter {
 public:
  explicit TurnWriter(Store& store);

  /// Adds a turn with its number. Throws `InputError`, whose message starts
  /// with `where`, for a text that is empty, not UTF-8, has U+0000, or is
  /// larger than `kMaxTurnBytes`. Returns its id.
  int64_t add(int64_t conversation, const Turn& turn, const std::string& where);

 private:
  Store& store_;
  Statement insert_;
  Statement index_;
};

/// A book of 3,000 pages. A turn is held in memory several times while it is
/// laid out.
inline constexpr size_t kMaxTurnBytes = size_t{8} << 20;

/// Adds one turn after the last one of the conversation with this name, which
/// is made if it is missing, and returns it with its number. It is kept when
/// the function returns. Throws as `TurnWriter::add`.
StoredTurn add_turn(
    Store& store,
    const std::string& conversation,
    Turn turn,
    int64_t now_ms);

/// Calls `visit` with each turn of a conversation from number `first` on, in
/// order.
void for_each_turn(
    Store& store,
    int64_t conversation,
    const std::function<void(const StoredTurn&)>& visit,
    int64_t first = 1);

/// The turns of a conversation from number `first` on.
std::vector<StoredTurn>
turns(Store& store, int64_t conversation, int64_t first = 1);

/// The turns of a conversation, or of all, that share words with `text`, best
/// first by BM25, at most `limit`.
std::vector<StoredTurn> search(
    Store& store,
    std::string_view text,
    int64_t limit,
    std::optional<int64_t> conversation = std::nullopt);

/// Numbers of a store.
struct StoreCounts {
  int64_t conversations = 0;
  int64_t turns = 0;
  int64_t text_bytes = 0;
  int64_t erased_turns = 0;
  int64_t pages = 0;
  int64_t renderings = 0;
  int64_t token_files = 0;
};

StoreCounts count(Store& store);

} // namespace microfiche::memory
