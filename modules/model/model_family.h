#pragma once

#include "core/json.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace microfiche::model {

// Note [Families]
// The published models that share DeepSeek-OCR's layout differ in one part
// each, and their config.json files differ in a few words. A folder that is
// taken for another family still loads, and reads nonsense or, worse, nearly
// the right text. So a folder must say nothing that contradicts its family, and
// no field may ask for a computation that we do not have.

/// A family of published models.
struct ModelFamily {
  /// What people call it.
  std::string name;

  /// `architectures` of its config.json, one entry.
  std::string architecture;

  /// `model_type`: as published, and as its own classes save it.
  std::vector<std::string> model_types;

  /// `vision_config.model_name`.
  std::string vision_name;

  /// The second stage of the encoder: a key of `vision_config.width`.
  std::string second_stage;

  /// Its resolution modes, with its layout of vision tokens, and the default of
  /// `--mode`.
  const std::vector<page::ResolutionMode>& (*modes)() = page::official_modes;
  std::string default_mode = "gundam";

  /// Whether its decoder forgets its own output; then config.json must say how
  /// much stays. See Note [Attention windows].
  bool has_window = false;

  /// What it was trained to be asked for one page, if not "Free OCR.", and for
  /// several pages in one prompt. Empty: it reads one page at a time.
  std::string prompt = "";
  std::string together_prompt = "";

  /// Tiles that mode gundam cuts at most.
  int64_t max_tiles = 9;

  /// Ids that it generates at most by default, 0: as
  /// `generation::GenerationConfig` says.
  int64_t max_new_tokens = 0;

  /// Its rule against repetition, see `generation::GenerationConfig`: on by
  /// default with this size and this window, for one page and for several; 0:
  /// off. `ngram_over_prompt`: the window covers the prompt, too.
  int64_t ngram = 0;
  int64_t ngram_window = 0;
  int64_t ngram_window_together = 0;
  bool ngram_over_prompt = false;
};

/// All families that we tell apart. The first is that of a config.json that
/// names none.
std::span<const ModelFamily> model_families();

/// The family of a config.json, told by `architectures`, else by `model_type`,
/// else by the encoder's second stage.
///
/// Throws `InputError`, naming field and value, for an unknown family and for a
/// field that contradicts the family. `where` is the file.
const ModelFamily& find_family(const Json& config, const std::string& where);

/// The modes of a family, with its number of tiles.
std::vector<page::ResolutionMode> published_modes(const ModelFamily& family);

} // namespace microfiche::model
