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

/// Throws `InputError` unless the checkpoint holds the tensors of `specs` and
/// no others, listing those that are missing, unexpected, or of another shape
/// or type. Nothing but headers is read.
void check_checkpoint(
    const checkpoint::Checkpoint& checkpoint,
    const std::vector<TensorSpec>& specs,
    const std::string& where);

/// Gives the model every tensor of a checkpoint. On a CPU a tensor of the dtype
/// that is asked for stays where it is, in the mapped file, which lives as long
/// as the tensor; others are converted. f16, bf16, f32 and f64 are read, int8
/// where the specs say so. `check_checkpoint` must have passed, so no weight
/// stays as it was drawn.
void load_state_dict(
    OpticalModel& model,
    const std::shared_ptr<const checkpoint::Checkpoint>& checkpoint,
    const std::vector<TensorSpec>& specs,
    const Placement& placement);

/// Rounds the weights of all linear layers that are not int8 yet.
void quantize_linear_layers(OpticalModel& model);

/// Writes the model's tensors under their published names, as f32 or bf16 and
/// int8 ones as they are.
void save_state_dict(
    OpticalModel& model,
    const std::filesystem::path& file,
    torch::Dtype dtype,
    const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

/// A tensor of a checkpoint as a tensor of LibTorch, without copying where its
/// bytes are aligned. `owner` lives as long as the tensor and keeps the bytes,
/// which are those of a `MappedFile`: their memory is given back with the
/// tensor. Throws `InputError` for a type that LibTorch does not have.
torch::Tensor view_tensor(
    const checkpoint::CheckpointTensor& tensor,
    std::shared_ptr<const void> owner = nullptr);

/// A tensor on the CPU as bytes to write; the tensor must outlive the view.
checkpoint::TensorView view_bytes(
    const std::string& name,
    const torch::Tensor& tensor);

} // namespace microfiche::model
