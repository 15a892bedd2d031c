#pragma once

#include "checkpoint/sharded_checkpoint.h"
#include "model/checkpoint_names.h"
#include "model/device.h"
#include "model/optical_model.h"

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace microfiche::model {

/// Throws `InputError` unless the checkpoint has exactly the tensors of
/// `specs`; lists those that are missing, unexpected, or of another shape or
/// dtype. Reads headers only.
void check_checkpoint(
    const checkpoint::Checkpoint& checkpoint,
    const std::vector<TensorSpec>& specs,
    const std::string& where);

/// Loads every tensor of a checkpoint into the model. On a CPU a tensor of the
/// right dtype stays in the mapped file, which lives as long as the tensor;
/// others are converted. Reads f16, bf16, f32 and f64, and int8 and int4
/// according to the specs. Call `check_checkpoint` first, so that no weight
/// stays uninitialised.
void load_state_dict(
    OpticalModel& model,
    const std::shared_ptr<const checkpoint::Checkpoint>& checkpoint,
    const std::vector<TensorSpec>& specs,
    const Placement& placement);

/// Converts everything to float32 but the matrices of linear layers, their
/// scales, and the token embedding; see `Placement::bf16_matrices`.
void widen_all_but_matrices(OpticalModel& model);

/// Quantizes the linear layers that `quantization` selects and that are not
/// quantized yet.
void quantize_linear_layers(
    OpticalModel& model,
    const Quantization& quantization);

/// Writes the model's tensors under their published names, in f32 or bf16;
/// quantized weights stay so, see Note [Quantized folders].
void save_state_dict(
    OpticalModel& model,
    const std::filesystem::path& file,
    torch::Dtype dtype,
    const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

/// A tensor of a checkpoint as a tensor of LibTorch, without a copy if its
/// bytes are aligned. `owner` keeps the bytes, which are those of a
/// `MappedFile`, and lives as long as the tensor; the pages are released with
/// the tensor. Throws `InputError` for a dtype that LibTorch does not have.
torch::Tensor view_tensor(
    const checkpoint::CheckpointTensor& tensor,
    std::shared_ptr<const void> owner = nullptr);

/// A tensor on the CPU as bytes to write; the tensor must outlive the view.
checkpoint::TensorView view_bytes(
    const std::string& name,
    const torch::Tensor& tensor);

} // namespace microfiche::model
