#pragma once

#include "checkpoint/sharded_checkpoint.h"
#include "kernels/int4.h"

#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::model {

/// Whether the numbers of a `weight_shape` are these; see Note [Quantized
/// folders].
bool holds_shape(
    const checkpoint::CheckpointTensor& tensor,
    int64_t out,
    int64_t in);

/// Reads the int4 weight of a layer, whose tensors `check_checkpoint` accepts.
/// Numbers and scales stay in the mapped file, except that scales of float16
/// become float32.
kernels::Int4Weight read_int4(
    const std::shared_ptr<const checkpoint::Checkpoint>& checkpoint,
    const std::string& layer);

/// The tensors of an int4 weight by their names, on the CPU.
std::vector<std::pair<std::string, torch::Tensor>> int4_tensors(
    const std::string& layer,
    const kernels::Int4Weight& weight);

} // namespace microfiche::model
