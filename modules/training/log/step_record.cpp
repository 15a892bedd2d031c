#include "training/log/step_record.h"

#include "core/error.h"
#include "training/loss/loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace microfiche::training {

std::map<std::string, double> name_scalars(const torch::Tensor& scalars) {
  const auto& names = scalar_names();
  std::map<std::string, double> named;
  for (size_t i = 0; i < names.size(); ++i) {
    named[names[i]] = scalars[static_cast<int64_t>(i)].item<double>();
  }
  named["gradient_norm"] =
      scalars[static_cast<int64_t>(names.size())].item<double>();
  return named;
}

Json describe_step(
    const StepRecord& record,
    const std::string& stage,
    const std::map<std::string, double>& scalars,
    const TrainingPosition& position) {
  Json line = Json::object();
  line["step"] = record.step;
  line["stage"] = stage;
  line["first_batch"] = record.first_batch;
  for (const auto& [name, value] : scalars) {
    line[name] = finite_or_null(value);
  }
  line["batches"] = describe_batches(record.batches);
  line["rate_factor"] = record.rate_factor;
  line["characters"] = position.characters;
  line["seconds"] = position.seconds;
  line["waited_seconds"] = position.waited_seconds;
  line["characters_per_second"] = position.characters_per_second();
  return line;
}

Json describe_batches(const std::vector<BatchRecord>& batches) {
  const auto rounded = [](double value) -> Json {
    return std::isfinite(value) ? Json(std::round(1e3 * value) / 1e3)
                                : Json(nullptr);
  };
  Json list = Json::array();
  for (const auto& batch : batches) {
    Json entry = Json::object();
    entry["task"] = batch.task;
    entry["mode"] = batch.mode;
    if (batch.characters_per_token > 0) {
      entry["characters_per_token"] = rounded(batch.characters_per_token);
      entry["font_size_px"] = rounded(batch.font_size_px);
    }
    if (batch.pairs > 0) {
      entry["pairs"] = rounded(batch.pairs);
    }
    const auto scalars = batch.scalars.cpu();
    for (int64_t i = 0; i < scalars.numel(); ++i) {
      const double value = scalars[i].item<double>();
      if (value != 0) {
        entry[scalar_names()[i]] = rounded(value);
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
