#include "training/step_record.h"

#include "core/error.h"
#include "training/loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace microfiche::training {
namespace {

/// What `StepRecord::numbers` holds, in this order.
const std::vector<const char*> kNumberNames = {
    "loss",
    "reading_loss",
    "glyph_loss",
    "patch_glyph_loss",
    "balance_loss",
    "aids_loss",
    "reading_accuracy",
    "glyph_accuracy",
    "gradient_norm"};

} // namespace

torch::Tensor stack_numbers(const Losses& losses) {
  return torch::stack(
      {losses.total.detach(),
       losses.reading.detach(),
       losses.glyph.detach(),
       losses.patch_glyph.detach(),
       losses.balance.detach(),
       losses.aids.detach(),
       losses.reading_accuracy,
       losses.glyph_accuracy});
}

std::map<std::string, double> named_numbers(const torch::Tensor& numbers) {
  std::map<std::string, double> named;
  for (size_t i = 0; i < kNumberNames.size(); ++i) {
    named[kNumberNames[i]] = numbers[static_cast<int64_t>(i)].item<double>();
  }
  return named;
}

Json describe_batches(const std::vector<BatchRecord>& batches) {
  const auto rounded = [](double value) -> Json {
    return std::isfinite(value) ? Json(std::round(1e3 * value) / 1e3)
                                : Json(nullptr);
  };
  Json list = Json::array();
  for (const auto& batch : batches) {
    Json entry = Json::object();
    entry["mode"] = batch.mode;
    if (batch.characters_per_token > 0) {
      entry["characters_per_token"] = rounded(batch.characters_per_token);
      entry["font_size_px"] = rounded(batch.font_size_px);
    }
    const auto numbers = batch.numbers.cpu();
    for (int64_t i = 0; i < numbers.numel(); ++i) {
      const double value = numbers[i].item<double>();
      if (value != 0) {
        entry[kNumberNames[i]] = rounded(value);
      }
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json expert_loads(const decoder::DecoderImpl& decoder) {
  Json loads = Json::array();
  for (const auto& child : *decoder.layers) {
    const auto* layer = child->as<decoder::DecoderLayerImpl>();
    if (layer->moe && layer->moe->expert_load().defined()) {
      const auto load = layer->moe->expert_load().cpu();
      const auto share = (load / load.sum()).contiguous();
      Json list = Json::array();
      for (int64_t i = 0; i < share.numel(); ++i) {
        list.push_back(std::round(1e4 * share[i].item<double>()) / 1e4);
      }
      loads.push_back(std::move(list));
    }
  }
  return loads;
}

std::map<std::string, double> router_scalars(const Json& expert_loads) {
  std::map<std::string, double> scalars;
  for (size_t i = 0; i < expert_loads.size(); ++i) {
    const auto shares = expert_loads[i].get<std::vector<double>>();
    const auto [least, most] =
        std::minmax_element(shares.begin(), shares.end());
    const auto experts = static_cast<double>(shares.size());
    const std::string layer = concat("router/layer-", i, "/");
    scalars[layer + "largest"] = *most * experts;
    scalars[layer + "smallest"] = *least * experts;
  }
  return scalars;
}

} // namespace microfiche::training
