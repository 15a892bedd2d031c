#pragma once

#include "checkpoint/sharded_checkpoint.h"
#include "model/checkpoint_names.h"
#include "model/optical_model.h"

#include <torch/types.h>

#include <filesystem>
#include <map>
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

/// Copies every tensor of a checkpoint into the model, in the model's own dtype
/// and on its device. f16, bf16, f32 and f64 are read. `check_checkpoint` must
/// have passed, so no weight stays as it was drawn.
void load_state_dict(
    OpticalModel& model,
    const checkpoint::Checkpoint& checkpoint,
    const std::vector<TensorSpec>& specs);

/// Writes the model's tensors under their published names, as f32 or bf16.
void save_state_dict(
    OpticalModel& model,
    const std::filesystem::path& file,
    torch::Dtype dtype,
    const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

/// A tensor of a checkpoint as a tensor of LibTorch, without copying where its
/// bytes are aligned; the checkpoint must outlive it. Throws `InputError` for a
/// type that LibTorch does not have.
torch::Tensor view_tensor(const checkpoint::CheckpointTensor& tensor);

/// A tensor on the CPU as bytes to write; the tensor must outlive the view.
checkpoint::TensorView view_bytes(
    const std::string& name,
    const torch::Tensor& tensor);

} // namespace microfiche::model
