#include <torch/torch.h>

#include "conditions/tokens/token_condition.h"

namespace microfiche::conditions {
namespace {

/// Rounds each row to whole multiples of its largest magnitude over `levels`.
torch::Tensor round_rows(const torch::Tensor& rows, double levels) {
  const auto exact = rows.to(torch::kFloat32);
  const auto step =
      exact.abs().amax(/*dim=*/1, /*keepdim=*/true) / levels; // (P, 1)
  return (torch::round(exact / step.clamp_min(1e-30)) * step)
      .to(rows.scalar_type());
}

TokenCondition
rounded(const char* name, const char* description, double levels) {
  return {
      {name, description, std::nullopt},
      [levels](TokenRows& page, const TokenContext&, double, RandomStream&) {
        page.rows = round_rows(page.rows, levels);
      }};
}

} // namespace

std::vector<TokenCondition> quantization() {
  return {
      {{"quantize_f16", "every number rounded to float16", std::nullopt},
       [](TokenRows& page, const TokenContext&, double, RandomStream&) {
         page.rows = page.rows.to(torch::kFloat16).to(page.rows.scalar_type());
       }},
      rounded(
          "quantize_int8",
          "every number rounded to one of 255 levels, one scale per token",
          127),
      rounded(
          "quantize_int4",
          "every number rounded to one of 15 levels, one scale per token",
          7)};
}

} // namespace microfiche::conditions
