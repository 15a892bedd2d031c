#include "model/int4_tensors.h"

#include "model/checkpoint_names.h"
#include "model/state_dict.h"

#include <torch/torch.h>

namespace microfiche::model {

bool holds_shape(
    const checkpoint::CheckpointTensor& tensor,
    int64_t out,
    int64_t in) {
  const auto shape = view_tensor(tensor).to(torch::kInt64);
  return torch::equal(shape, torch::tensor({out, in}, torch::kInt64));
}

kernels::Int4Weight read_int4(
    const std::shared_ptr<const checkpoint::Checkpoint>& checkpoint,
    const std::string& layer) {
  const auto read = [&](std::string_view ending) {
    return view_tensor(
        *checkpoint->find(layer + std::string(ending)), checkpoint);
  };
  kernels::Int4Weight weight{read(kPackedEnding), read(kScaleEnding)};
  if (weight.scale.scalar_type() != torch::kBFloat16) {
    weight.scale = weight.scale.to(torch::kFloat32);
  }
  if (checkpoint->find(layer + std::string(kZeroPointEnding))) {
    // Eight neighbouring channels per word.
    const auto zero_points =
        kernels::unpack_int4(read(kZeroPointEnding).t().contiguous())
            .t()
            .narrow(0, 0, weight.scale.size(0));
    weight.scale = torch::stack(
        {weight.scale, zero_points.to(weight.scale.scalar_type())});
  }
  return weight;
}

std::vector<std::pair<std::string, torch::Tensor>> int4_tensors(
    const std::string& layer,
    const kernels::Int4Weight& weight) {
  const auto packed = weight.packed.cpu().contiguous();
  const auto scale = weight.scale.cpu().contiguous();
  const bool zero_points = scale.dim() == 3;
  const auto name = [&](std::string_view ending) {
    return layer + std::string(ending);
  };
  std::vector<std::pair<std::string, torch::Tensor>> tensors = {
      {name(kPackedEnding), packed},
      {name(kScaleEnding), zero_points ? scale[0] : scale},
      {name(kShapeEnding),
       torch::tensor(
           {packed.size(0), kernels::input_width(packed)}, torch::kInt64)}};
  if (zero_points) {
    tensors.emplace_back(
        name(kZeroPointEnding),
        kernels::pack_int4(scale[1].to(torch::kInt8).t().contiguous())
            .t()
            .contiguous());
  }
  return tensors;
}

} // namespace microfiche::model
