#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/random.h"
#include "conditions/condition.h"
#include "page/tiling.h"

namespace microfiche::conditions {

/// What a position of the decoder's sequence holds.
enum class TokenKind { kToken, kNewline, kSeparator };

/// A page as the decoder receives it, position by position.
struct TokenRows {
  /// (positions, D)
  torch::Tensor rows;
  std::vector<TokenKind> kinds;

  /// Positions that hold vision tokens.
  std::vector<int64_t> token_places() const;

  /// Leaves only these positions, in this order.
  void keep(const std::vector<int64_t>& places);
};

/// What the positions hold when a view of `global_side` x `global_side` tokens
/// and tiles of `tile_side` are put in order; see `page::vision_token_order`.
std::vector<TokenKind>
token_kinds(int64_t global_side, page::TileGrid grid, int64_t tile_side);

/// What a condition knows beside the page.
struct TokenContext {
  /// Another page of the same cell, of as many positions; null where no
  /// condition `needs_other_page`.
  const TokenRows* other = nullptr;
};

/// A tower of the encoder.
enum class Tower { kSam, kClip };

/// What is done to the vision tokens of a page; see Note [Conditions].
struct TokenCondition {
  ConditionInfo info;
  std::function<void(
      TokenRows& page,
      const TokenContext& context,
      double strength,
      RandomStream& random)>
      apply;

  /// Whether `other` is asked for.
  bool needs_other_page = false;

  /// The tower whose half of the features is zero before the projector.
  std::optional<Tower> zeroed = std::nullopt;
};

/// All of them.
const std::vector<TokenCondition>& token_conditions();

// The families, each in a file of its name.

/// `drop_random`, `drop_small_norm`, `drop_large_norm` and `merge`: fewer
/// tokens.
std::vector<TokenCondition> fewer_tokens();

/// `quantize_f16`, `quantize_int8` and `quantize_int4`: coarser tokens.
std::vector<TokenCondition> coarser_tokens();

/// `token_noise`, `permute` and `swap_tokens`: wrong tokens.
std::vector<TokenCondition> wrong_tokens();

/// `zero_sam`, `zero_clip`, `no_newlines`, `no_separator`, `zero_tokens` and
/// `prompt_alone`: parts left out.
std::vector<TokenCondition> left_out();

} // namespace microfiche::conditions
