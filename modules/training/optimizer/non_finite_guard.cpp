#include "training/optimizer/non_finite_guard.h"

#include "core/error.h"
#include "training/config_checks.h"

namespace microfiche::training {
namespace {

bool is_finite(const torch::Tensor& tensor) {
  return !tensor.defined() || tensor.isfinite().all().item<bool>();
}

} // namespace

void validate(const NonFiniteConfig& config, const std::string& where) {
  check_at_least(config.at_most, 0, "at_most", where);
}

std::string first_non_finite(const std::vector<Parameter>& parameters) {
  for (const auto& parameter : parameters) {
    const bool has_master = parameter.master.defined();
    if (!is_finite(has_master ? parameter.master : parameter.tensor)) {
      return "first weight that is not finite: " + parameter.name;
    }
  }
  for (const auto& parameter : parameters) {
    if (!is_finite(parameter.tensor.grad())) {
      return "first gradient that is not finite: " + parameter.name;
    }
  }
  return "all weights are finite; check the pages";
}

std::string describe_non_finite(
    const StepRecord& record,
    const std::string& stage,
    int64_t num_batches,
    const std::vector<Parameter>& parameters) {
  return concat(
      "step ",
      record.step,
      " of stage \"",
      stage,
      "\": the loss or a gradient is not finite (batches ",
      record.first_batch,
      " to ",
      record.first_batch + num_batches - 1,
      "; ",
      first_non_finite(parameters),
      ")");
}

} // namespace microfiche::training
