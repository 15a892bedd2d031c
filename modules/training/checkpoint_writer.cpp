#include "training/checkpoint_writer.h"

#include "core/terminal.h"

namespace microfiche::training {
namespace {

/// Copies on the CPU, whatever becomes of the tensors.
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

CheckpointWriter::CheckpointWriter(std::filesystem::path run_folder)
    : run_folder_(std::move(run_folder)) {}

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
  if (!training.checkpoints.in_background) {
    save_checkpoint(run_folder_, position, training, tensors);
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
}

void CheckpointWriter::wait() {
  if (writing_.valid()) {
    writing_.get();
  }
}

} // namespace microfiche::training
