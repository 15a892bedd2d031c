#pragma once

#include "memory/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

// Note [Pages at their tiers]
// A page in a resolution mode is always made from the page as it was drawn
// first, or from its text, never from a picture that was resized before. The
// picture that the model gets is a rendering with this mode, `how` says how it
// was made (see Note [Ways to age a page]), and its parent is the first
// drawing. Its vision tokens are a file that is named by its content. The row
// says which model made it: another model cannot read it. What the model reads
// from the tokens is kept, too. A page never changes, so none of them is made
// twice.

/// The picture of a page in a resolution mode; see Note [Pages at their tiers].
struct ResizedPage {
  int64_t page = 0;

  /// All pages on the picture, oldest first, if there are several.
  std::vector<int64_t> merged;

  /// The rendering that it is made from.
  int64_t original = 0;
  std::string original_png;

  std::string mode;

  /// How it was made, as `ageing_text` writes it.
  std::string how = "resized";

  /// JSON of the mode, because a name may come to mean something else.
  std::string mode_json;
  int64_t width = 0;
  int64_t height = 0;
  double type_px = 0;
  int64_t characters = 0;
};

/// The hash of all that decides the pixels of a resized page.
std::string key_of(const ResizedPage& page);

/// Vision tokens of a page in a store.
struct StoredTokenFile {
  int64_t id = 0;
  int64_t rendering = 0;
  int64_t nominal = 0;
  int64_t valid = 0;
  int64_t positions = 0;
  std::string sha256;
};

/// A model as token files name it.
struct TokenFileModel {
  /// `LoadedModel::hash`.
  std::string sha256;

  /// "f32", "bf16", "int8" or "int4".
  std::string dtype;
};

/// The vision tokens of a page in a mode by a model, of the picture that was
/// made in the way `how`; none if there are none.
/// With several, because the page was drawn again, the newest.
std::optional<StoredTokenFile> find_token_file(
    Store& store,
    int64_t page,
    const std::string& mode,
    const std::string& how,
    const TokenFileModel& model);

/// As above, of the picture with this key only.
std::optional<StoredTokenFile> find_token_file(
    Store& store,
    const std::string& rendering_key,
    const TokenFileModel& model);

/// Whether other models, or this one in another dtype, have vision tokens of
/// the page in the mode.
bool has_tokens_of_others(
    Store& store,
    int64_t page,
    const std::string& mode,
    const TokenFileModel& model);

/// Adds the rows of a page's picture and vision tokens, whose files are saved.
/// The caller holds a transaction.
void add_token_file(
    Store& store,
    const ResizedPage& page,
    const std::string& png_sha256,
    const TokenFileModel& model,
    const StoredTokenFile& tokens);

/// What a model read from vision tokens.
struct StoredReading {
  std::string text;

  /// Why it ended: "eos", "length" or "loop".
  std::string stop;

  /// 1 - normalised edit distance to the text of the page, line breaks as
  /// spaces, in [0, 1].
  double precision = 0;
  double seconds = 0;
};

/// The reading of a token file with this reading config, a JSON text; none if
/// there is none.
std::optional<StoredReading>
find_reading(Store& store, int64_t token_file, const std::string& config);

/// Keeps a reading in place of an earlier one of the same vision tokens with
/// the same reading config. It is kept when the function returns.
void save_reading(
    Store& store,
    int64_t token_file,
    const std::string& config,
    const StoredReading& reading);

/// `StoredReading::precision`.
double reading_precision(const std::string& reference, const std::string& read);

} // namespace microfiche::memory
