#include "model/adapter.h"

#include "checkpoint/safetensors.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/name_pattern.h"
#include "model/checkpoint_names.h"
#include "model/state_dict.h"

#include <torch/torch.h>

#include <cmath>
#include <map>
#include <set>

namespace microfiche::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAdapterConfig = "adapter_config.json";
constexpr const char* kAdapterWeights = "adapter_model.safetensors";
constexpr std::string_view kBase = "base_model.model.";
constexpr std::string_view kEndingA = ".lora_A.weight";
constexpr std::string_view kEndingB = ".lora_B.weight";

/// Linear layers by our names, in their order.
std::map<std::string, layers::LinearImpl*> linear_layers(OpticalModel& model) {
  std::map<std::string, layers::LinearImpl*> layers;
  for (const auto& item : model->named_modules("", /*include_self=*/false)) {
    if (auto* linear = item.value()->as<layers::Linear>()) {
      layers.emplace(item.key(), linear);
    }
  }
  return layers;
}

std::string last_part(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

/// PEFT's target modules: the last part of a name ("q_proj") if all layers with
/// that ending have an adapter, because PEFT matches all of them; otherwise
/// whole published names.
std::set<std::string> target_modules(OpticalModel& model) {
  // Last parts that would match too much: of layers without an adapter, and of
  // other modules ("layers" is the projector and a list).
  std::set<std::string> plain;
  std::vector<std::string> adapted;
  for (const auto& [name, layer] : linear_layers(model)) {
    const std::string published = published_name(name);
    for (size_t dot = published.find('.'); dot != std::string::npos;
         dot = published.find('.', dot + 1)) {
      plain.insert(last_part(published.substr(0, dot)));
    }
    if (layer->lora() != nullptr) {
      adapted.push_back(published);
    } else {
      plain.insert(last_part(published));
    }
  }
  std::set<std::string> targets;
  for (const auto& name : adapted) {
    const std::string last = last_part(name);
    targets.insert(plain.contains(last) ? name : last);
  }
  return targets;
}

Json peft_config(
    OpticalModel& model,
    const AdapterConfig& config,
    const std::string& base_model) {
  Json json = Json::object();
  json["peft_type"] = "LORA";
  json["task_type"] = nullptr;
  json["base_model_name_or_path"] = base_model;
  json["inference_mode"] = true;
  json["r"] = config.rank;
  // PEFT declares a whole number but accepts others.
  if (config.alpha == std::floor(config.alpha)) {
    json["lora_alpha"] = static_cast<int64_t>(config.alpha);
  } else {
    json["lora_alpha"] = config.alpha;
  }
  json["lora_dropout"] = config.dropout;
  json["use_rslora"] = config.rslora;
  json["target_modules"] = target_modules(model);
  json["bias"] = "none";
  json["fan_in_fan_out"] = false;
  json["init_lora_weights"] = true;
  json["modules_to_save"] = nullptr;
  return json;
}

/// Refuses initialisations that also change the base weights (PiSSA, OLoRA,
/// CorDA, LoftQ, LoRA-GA and unknown ones): the adapter alone then does not say
/// what the model computes.
void check_initialization(const Json& json, const std::string& where) {
  const Json found = json.value("init_lora_weights", Json(true));
  const bool keeps_base = found.is_null() || found.is_boolean() ||
      found == "gaussian" || found == "eva" || found == "orthogonal";
  check(
      keeps_base,
      where,
      ": init_lora_weights: ",
      found.dump(),
      " changes the weights of the base model, so the adapter does not fit the "
      "original ones; convert it to plain LoRA with PEFT's "
      "save_pretrained(..., path_initial_model_for_weight_conversion=...)");
}

/// Refuses features of PEFT that we do not compute.
void check_plain_lora(const Json& json, const std::string& where) {
  check(json.is_object(), where, ": expected a JSON object");
  const std::string type = json.value("peft_type", Json(nullptr)).dump();
  check(
      type == "\"LORA\"", where, ": peft_type: expected \"LORA\", got ", type);
  const auto refuse_unless_empty = [&](const char* field) {
    const auto found = json.find(field);
    check(
        found == json.end() || found->is_null() || *found == false ||
            *found == "none" || found->empty(),
        where,
        ": ",
        field,
        ": not supported, got ",
        found == json.end() ? "" : found->dump());
  };
  for (const char* field :
       {"use_dora",
        "bias",
        "fan_in_fan_out",
        "modules_to_save",
        "rank_pattern",
        "alpha_pattern",
        "target_parameters",
        "layer_replication",
        "lora_bias",
        "trainable_token_indices",
        "alora_invocation_tokens",
        "arrow_config",
        "kasa_config",
        "use_bdlora",
        "use_qalora"}) {
    refuse_unless_empty(field);
  }
  check_initialization(json, where);
}

AdapterConfig read_peft_config(const fs::path& file) {
  const std::string where = file.string();
  const Json json = read_json_file(file);
  check_plain_lora(json, where);
  const auto number = [&](const char* field, double absent) {
    const auto found = json.find(field);
    if (found == json.end() || found->is_null()) {
      return absent;
    }
    check(
        found->is_number(),
        where,
        ": ",
        field,
        ": expected a number, got ",
        found->dump());
    return found->get<double>();
  };
  AdapterConfig config;
  // PEFT's defaults.
  config.rank = static_cast<int64_t>(number("r", 8));
  config.alpha = number("lora_alpha", 8);
  config.dropout = number("lora_dropout", 0);
  config.rslora = json.value("use_rslora", Json(false)) == Json(true);
  validate(config, where);
  return config;
}

} // namespace

double AdapterConfig::scale() const {
  const auto r = static_cast<double>(rank);
  return alpha / (rslora ? std::sqrt(r) : r);
}

void validate(const AdapterConfig& config, const std::string& where) {
  check(
      config.rank >= 1 && config.rank <= 4096,
      where,
      ".rank: must be from 1 to 4096, got ",
      config.rank);
  check(
      config.alpha > 0 && std::isfinite(config.alpha),
      where,
      ".alpha: must be above 0, got ",
      config.alpha);
  check(
      config.dropout >= 0 && config.dropout < 1,
      where,
      ".dropout: must be in [0, 1), got ",
      config.dropout);
  check(
      !config.targets.empty(),
      where,
      ".targets: expected at least one pattern of linear layers' names");
}

void add_adapter(OpticalModel& model, const AdapterConfig& config) {
  std::vector<bool> used(config.targets.size(), false);
  for (const auto& [name, layer] : linear_layers(model)) {
    bool matched = false;
    for (size_t i = 0; i < config.targets.size(); ++i) {
      if (matches(config.targets[i], name)) {
        used[i] = true;
        matched = true;
      }
    }
    if (matched) {
      layer->add_lora(config.rank, config.scale(), config.dropout);
    }
  }
  for (size_t i = 0; i < used.size(); ++i) {
    check(
        used[i],
        "adapter: no linear layer matches \"",
        config.targets[i],
        "\"; names are like decoder.layers.0.attention.q_proj, "
        "decoder.layers.1.mlp.experts.0.up_proj, encoder.clip.blocks.0.qkv");
  }
}

void save_adapter(
    OpticalModel& model,
    const AdapterConfig& config,
    const fs::path& folder,
    const std::string& base_model) {
  std::vector<torch::Tensor> kept;
  std::vector<checkpoint::TensorView> views;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    kept.push_back(
        tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous());
    views.push_back(view_bytes(name, kept.back()));
  };
  for (const auto& [name, layer] : linear_layers(model)) {
    if (layer->lora() != nullptr) {
      const std::string base = concat(kBase, published_name(name));
      add(concat(base, kEndingA), layer->lora()->a);
      add(concat(base, kEndingB), layer->lora()->b);
    }
  }
  check(!views.empty(), folder.string(), ": the model has no adapter to save");
  fs::create_directories(folder);
  checkpoint::write_safetensors(folder / kAdapterWeights, views);
  write_json_file(
      folder / kAdapterConfig, peft_config(model, config, base_model));
}

void load_adapter(OpticalModel& model, const fs::path& folder) {
  check(
      fs::is_directory(folder),
      folder.string(),
      ": expected an adapter folder with ",
      kAdapterConfig,
      " and ",
      kAdapterWeights);
  const auto config = read_peft_config(folder / kAdapterConfig);
  const checkpoint::SafetensorsFile file(folder / kAdapterWeights);
  const std::string where = file.path().string();
  auto layers = linear_layers(model);
  const torch::NoGradGuard no_grad;
  std::set<std::string> used;
  for (auto& [name, layer] : layers) {
    const std::string base = concat(kBase, published_name(name));
    const auto* a = file.find(concat(base, kEndingA));
    const auto* b = file.find(concat(base, kEndingB));
    if (a == nullptr && b == nullptr) {
      continue;
    }
    check(
        a != nullptr && b != nullptr,
        where,
        ": ",
        base,
        ": expected lora_A and lora_B, got one of them");
    const int64_t in = layer->options.in_features();
    const int64_t out = layer->options.out_features();
    check(
        a->shape == std::vector<int64_t>{config.rank, in} &&
            b->shape == std::vector<int64_t>{out, config.rank},
        where,
        ": ",
        base,
        ": expected lora_A of (",
        config.rank,
        ", ",
        in,
        ") and lora_B of (",
        out,
        ", ",
        config.rank,
        "), got ",
        torch::IntArrayRef(a->shape),
        " and ",
        torch::IntArrayRef(b->shape));
    layer->add_lora(config.rank, config.scale(), config.dropout);
    layer->lora()->a.copy_(view_tensor({*a, file.bytes(*a)}));
    layer->lora()->b.copy_(view_tensor({*b, file.bytes(*b)}));
    used.insert({a->name, b->name});
  }
  for (const auto& info : file.tensors()) {
    check(
        used.contains(info.name),
        where,
        ": \"",
        info.name,
        "\" does not fit a linear layer of this model; is the adapter for "
        "another model?");
  }
  check(!used.empty(), where, ": it has no tensors");
}

void merge_adapter(OpticalModel& model) {
  for (const auto& [name, layer] : linear_layers(model)) {
    check(
        layer->lora() == nullptr || !layer->is_quantized(),
        "adapter: ",
        name,
        ": the weight is int8 or int4; merge into the model before quantization");
    layer->merge_lora();
  }
}

void apply_adapter(LoadedModel& loaded, const fs::path& folder) {
  load_adapter(loaded.model, folder);
  merge_adapter(loaded.model);
  loaded.adapter = folder;
  loaded.adapter_sha256 =
      checkpoint::SafetensorsFile(folder / kAdapterWeights).sha256();
}

} // namespace microfiche::model
