#include "training/run_state.h"

#include "core/terminal.h"
#include "model/device.h"
#include "training/distributed/sharding.h"

namespace microfiche::training {

RunState::RunState(
    const TrainingConfig& config,
    torch::Device device,
    ProcessGroup* group)
    : trained(
          make_trained_model(config, device, rank_of(group), size_of(group))),
      config_(config),
      group_(group) {
  if (config.precision == "bf16" && is_first(group) &&
      !model::multiplies_bf16(device)) {
    warn(
        "precision \"bf16\": this processor has no instructions for bfloat16; "
        "\"f32\" is faster here");
  }
  trained.loaded.model->set_recompute(config.recompute);
  if (config.average_decay > 0) {
    average.emplace(trained.parameters, config.average_decay);
  }
}

void RunState::begin_stage(const StageConfig& stage) {
  optimizer.emplace(trained.parameters, stage.rates, config_.optimizer);
}

std::map<std::string, torch::Tensor> RunState::tensors() const {
  auto tensors = trained.state();
  if (optimizer) {
    tensors.merge(optimizer->state());
  }
  if (average) {
    tensors.merge(average->state());
  }
  return tensors;
}

void RunState::restore(const TrainingCheckpoint& checkpoint) {
  restore(checkpoint, tensors());
  if (optimizer) {
    optimizer->set_num_steps(checkpoint.position.optimizer_steps);
  }
}

void RunState::restore_weights(const TrainingCheckpoint& checkpoint) {
  auto weights = trained.state();
  if (average) {
    weights.merge(average->state());
  }
  restore(checkpoint, weights);
}

void RunState::restore(
    const TrainingCheckpoint& checkpoint,
    const std::map<std::string, torch::Tensor>& tensors) {
  training::restore(checkpoint, tensors);
  copy_masters_to_weights(trained.parameters);
  broadcast_from_owners(trained.parameters);
}

void RunState::update(double rate_factor, int64_t step) {
  optimizer->step(rate_factor);
  broadcast_from_owners(optimizer->parameters());
  if (average) {
    average->update(step);
  }
}

void RunState::swap_average() {
  if (average) {
    average->swap();
    broadcast_from_owners(trained.parameters);
  }
}

bool RunState::is_sharded() const {
  return group_ != nullptr && config_.optimizer.shard_state;
}

void RunState::broadcast_from_owners(const std::vector<Parameter>& parameters) {
  if (is_sharded()) {
    broadcast(*group_, parameters);
  }
}

} // namespace microfiche::training
