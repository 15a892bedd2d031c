#pragma once

#include "page/resolution_mode.h"
#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::data {

/// What a dataset needs to know of the model that it is for.
struct DatasetModel {
  /// The model's own modes.
  std::vector<page::ResolutionMode> modes;
  tokenizer::Tokenizer tokenizer;

  /// Ends every answer.
  int64_t end_id = 0;

  /// Side of the square that a vision token stands for.
  int64_t pixels_per_token = 64;

  /// The modes of the model's family.
  std::vector<page::ResolutionMode> published_modes = page::official_modes();

  /// Vision tokens of a square page in a mode without tiles.
  int64_t vision_tokens(const page::ResolutionMode& mode) const;

  /// The modes of these names. Throws `InputError` for an unknown mode, one
  /// with tiles, and one whose side is not a multiple of a vision token's.
  std::map<std::string, page::ResolutionMode> untiled_modes(
      const std::vector<std::string>& names) const;
};

} // namespace microfiche::data
