#include "training/checkpoint/checkpoint_writer.h"

#include "core/terminal.h"

namespace microfiche::training {
namespace {

/// Copies on the CPU that share no memory with `tensors`.
std::map<std::string, torch::Tensor> copy_to_host(
    const std::map<std::string, torch::Tensor>& tensors) {
  std::map<std::string, torch::Tensor> copies;
  for (const auto& [name, tensor] : tensors) {
    copies[name] =
        tensor.detach().to(torch::kCPU, /*non_blocking=*/false, /*copy=*/true);
  }
  return copies;
}

} // namespace

CheckpointWriter::CheckpointWriter(
    std::filesystem::path run_folder,
    ProcessGroup* group)
    : run_folder_(std::move(run_folder)), group_(group) {}

CheckpointWriter::~CheckpointWriter() {
  try {
    wait();
  } catch (const std::exception& error) {
    warn(error.what());
  }
}

void CheckpointWriter::save(
    const TrainingPosition& position,
    const TrainingConfig& training,
    const std::map<std::string, torch::Tensor>& tensors) {
  wait();
  if (group_ != nullptr && training.optimizer.shard_state) {
    save_checkpoint(run_folder_, position, training, tensors, group_);
    return;
  }
  if (!is_first(group_)) {
    barrier(group_);
    return;
  }
  if (!training.checkpoints.in_background) {
    save_checkpoint(run_folder_, position, training, tensors);
    barrier(group_);
    return;
  }
  writing_ = std::async(
      std::launch::async,
      [folder = run_folder_,
       position,
       training,
       copies = copy_to_host(tensors)] {
        save_checkpoint(folder, position, training, copies);
      });
  barrier(group_);
}

void CheckpointWriter::wait() {
  if (writing_.valid()) {
    writing_.get();
  }
}

} // namespace microfiche::training
