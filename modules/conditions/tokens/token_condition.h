#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conditions/condition.h"
#include "core/random.h"
#include "page/tiling.h"

namespace microfiche::conditions {

/// The content of a position in the decoder's sequence.
enum class TokenKind { kToken, kNewline, kSeparator };

/// A page as the decoder receives it, position by position.
struct TokenRows {
  /// (positions, D)
  torch::Tensor rows;
  std::vector<TokenKind> kinds;

  /// Positions that hold vision tokens.
  std::vector<int64_t> token_positions() const;

  /// Leaves only these positions, in this order.
  void keep(const std::vector<int64_t>& positions);
};

/// The kind of each position for a view of `global_side` x `global_side`
/// squares and tiles of `tile_side` x `tile_side`; see
/// `page::vision_token_order`.
std::vector<TokenKind> token_kinds(
    int64_t global_side,
    page::TileGrid grid,
    int64_t tile_side,
    page::TokenLayout layout = {});

/// The context of a page.
struct TokenContext {
  /// Another page of the same cell with the same number of positions; null if
  /// no condition `needs_other_page`.
  const TokenRows* other = nullptr;
};

/// A tower of the encoder.
enum class Tower { kSam, kClip };

/// Changes the vision tokens of a page; see Note [Conditions].
struct TokenCondition {
  ConditionInfo info;
  std::function<void(
      TokenRows& page,
      const TokenContext& context,
      double strength,
      RandomStream& random)>
      apply;

  /// Whether it uses `other`.
  bool needs_other_page = false;

  /// The tower whose half of the features is set to zero before the projector.
  std::optional<Tower> zeroed = std::nullopt;

  /// The kind of positions that it leaves out.
  std::optional<TokenKind> removed = std::nullopt;
};

/// All token conditions.
const std::vector<TokenCondition>& token_conditions();

// The families, each in a file of its name.

/// `drop_random`, `drop_small_norm`, `drop_large_norm`, `merge`, `pool_grid`
/// and `drop_grid`.
std::vector<TokenCondition> fewer_tokens();

/// `quantize_f16`, `quantize_int8` and `quantize_int4`.
std::vector<TokenCondition> quantization();

/// `token_noise`, `permute` and `swap_tokens`.
std::vector<TokenCondition> perturbations();

/// `zero_sam`, `zero_clip`, `no_newlines`, `no_separator`, `zero_tokens` and
/// `prompt_alone`: parts removed.
std::vector<TokenCondition> ablations();

} // namespace microfiche::conditions
