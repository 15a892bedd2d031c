#include "encoder/position_table.h"

#include <torch/torch.h>

// S = side of the table, C = channels.

namespace microfiche::encoder {

torch::Tensor resize_position_table(const torch::Tensor& table, int64_t side) {
  if (table.size(0) == side) {
    return table;
  }
  const auto image = table.permute({2, 0, 1}).unsqueeze(0); // (1, C, S, S)
  return at::_upsample_bicubic2d_aa(
             image.to(torch::kFloat32),
             /*output_size=*/{side, side},
             /*align_corners=*/false)
      .to(table.scalar_type())
      .squeeze(0)
      .permute({1, 2, 0}); // (side, side, C)
}

} // namespace microfiche::encoder
