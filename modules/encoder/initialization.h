#pragma once

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>

namespace microfiche::encoder {

/// A linear layer whose weight starts from normal(0, 0.02) and whose bias, if
/// any, starts from zero.
layers::Linear make_linear(int64_t in, int64_t out, bool bias = true);

/// A tensor from normal(0, 0.02), for learned positions and class tokens.
torch::Tensor make_embedding(torch::IntArrayRef shape);

/// Throws `c10::ValueError`, which names `what`, unless width, layers and heads
/// are positive and width is a multiple of heads.
void check_tower(
    const char* what,
    int64_t width,
    int64_t layers,
    int64_t heads);

} // namespace microfiche::encoder
