#pragma once

#include "training/log/step_record.h"
#include "training/optimizer/parameter.h"

#include "core/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::training {

/// What happens when a loss or a gradient is NaN or infinite.
enum class NonFinitePolicy {
  /// The run ends with an error. Its newest checkpoint is from before.
  kStop,
  /// The weights stay unchanged, and the run continues with the next batches.
  kSkip,
  /// The run restores its newest checkpoint, and continues with the next
  /// batches.
  kRollBack,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    NonFinitePolicy,
    {{NonFinitePolicy::kStop, "stop"},
     {NonFinitePolicy::kSkip, "skip"},
     {NonFinitePolicy::kRollBack, "roll_back"}})

/// What a run does with a step whose loss or gradient is not finite. No
/// checkpoint and no model contains such a step.
struct NonFiniteConfig {
  /// "stop" ends the run with an error. "skip" leaves the weights unchanged and
  /// continues with the next batches. "roll_back" restores the newest
  /// checkpoint and continues with the next batches.
  NonFinitePolicy then = NonFinitePolicy::kStop;

  /// With "skip" and "roll_back": the run ends with an error after more such
  /// steps than this.
  int64_t at_most = 10;
};

void validate(const NonFiniteConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, NonFiniteConfig& config) {
  visit("then", config.then);
  visit("at_most", config.at_most);
}

/// Decides what happens at a step whose loss or gradient is not finite.
class NonFiniteGuard {
 public:
  explicit NonFiniteGuard(NonFiniteConfig config) : config_(config) {}

  /// Whether a step must be checked before its update. On a GPU reading the
  /// values makes the host wait, which only pays if the policy can continue.
  bool checks_each_step(const torch::Device& device) const {
    return !device.is_cuda() || config_.then != NonFinitePolicy::kStop;
  }

  bool rolls_back() const {
    return config_.then == NonFinitePolicy::kRollBack;
  }

  /// Whether the run must end at non-finite step number `count`, from 1.
  bool must_stop(int64_t count) const {
    return config_.then == NonFinitePolicy::kStop || count > config_.at_most;
  }

 private:
  NonFiniteConfig config_;
};

/// Names the first weight or gradient that is not finite, as a clause of an
/// error message.
std::string first_non_finite(const std::vector<Parameter>& parameters);

/// The step, stage and batches of a non-finite step and its first non-finite
/// value, for a message. `num_batches` is that of the step.
std::string describe_non_finite(
    const StepRecord& record,
    const std::string& stage,
    int64_t num_batches,
    const std::vector<Parameter>& parameters);

} // namespace microfiche::training
