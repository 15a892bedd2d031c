#include "layers/recompute.h"

#include "kernels/gradient.h"

#include <ATen/Context.h>
#include <torch/custom_class.h>
#include <torch/torch.h>

#include <mutex>
#include <utility>

namespace microfiche::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Forward = std::function<std::vector<torch::Tensor>(const torch::Tensor&)>;

/// The state of the device's random generator.
torch::Tensor random_state(const torch::Device& device) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

void set_random_state(const torch::Device& device, const torch::Tensor& state) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

/// What the second run needs.
struct Run : torch::CustomClassHolder {
  Forward forward;
  std::vector<torch::Tensor> parameters;
  torch::Tensor random;
};

struct RecomputeFunction : torch::autograd::Function<RecomputeFunction> {
  static variable_list forward(
      AutogradContext* context,
      const Forward& forward,
      const torch::Tensor& x,
      at::TensorList parameters) {
    auto run = c10::make_intrusive<Run>();
    run->forward = forward;
    run->parameters = parameters.vec();
    run->random = random_state(x.device());
    context->saved_data["run"] = c10::IValue::make_capsule(run);
    context->save_for_backward({x});
    // Both runs must take the same kernels.
    const kernels::AssumeGradGuard assume_grad;
    return forward(x);
  }

  static variable_list backward(
      AutogradContext* context,
      const variable_list& gradients) {
    const auto run = c10::static_intrusive_pointer_cast<Run>(
        context->saved_data["run"].toCapsule());
    const auto saved = context->get_saved_variables()[0];
    const auto x = saved.detach().requires_grad_(saved.requires_grad());

    const auto now = random_state(x.device());
    set_random_state(x.device(), run->random);
    variable_list outputs;
    {
      const torch::AutoGradMode with_gradients(true);
      outputs = run->forward(x);
    }
    set_random_state(x.device(), now);

    variable_list wanted;
    if (x.requires_grad()) {
      wanted.push_back(x);
    }
    for (const auto& parameter : run->parameters) {
      if (parameter.requires_grad()) {
        wanted.push_back(parameter);
      }
    }
    variable_list from;
    variable_list given;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].requires_grad() && gradients[i].defined()) {
        from.push_back(outputs[i]);
        given.push_back(gradients[i]);
      }
    }
    const auto found = torch::autograd::grad(
        from,
        wanted,
        given,
        /*retain_graph=*/std::nullopt,
        /*create_graph=*/false,
        /*allow_unused=*/true);

    // One per argument of `forward`.
    size_t next = 0;
    variable_list result = {torch::Tensor()};
    result.push_back(x.requires_grad() ? found[next++] : torch::Tensor());
    for (const auto& parameter : run->parameters) {
      result.push_back(
          parameter.requires_grad() ? found[next++] : torch::Tensor());
    }
    return result;
  }
};

} // namespace

std::vector<torch::Tensor> recompute(
    const Forward& forward,
    const torch::Tensor& x,
    const std::vector<torch::Tensor>& parameters) {
  return RecomputeFunction::apply(forward, x, at::TensorList(parameters));
}

} // namespace microfiche::layers
