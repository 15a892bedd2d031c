#include "model/state_dict.h"

#include "core/error.h"
#include "core/mapped_pages.h"
#include "model/int4_tensors.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstring>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace microfiche::model {
namespace {

using checkpoint::Checkpoint;
using checkpoint::CheckpointTensor;
using checkpoint::shape_text;

constexpr size_t kMaxListedNames = 10;

std::optional<torch::Dtype> torch_dtype(checkpoint::Dtype dtype) {
  switch (dtype) {
    case checkpoint::Dtype::kBOOL:
      return torch::kBool;
    case checkpoint::Dtype::kU8:
      return torch::kUInt8;
    case checkpoint::Dtype::kI8:
      return torch::kInt8;
    case checkpoint::Dtype::kI16:
      return torch::kInt16;
    case checkpoint::Dtype::kI32:
      return torch::kInt32;
    case checkpoint::Dtype::kI64:
      return torch::kInt64;
    case checkpoint::Dtype::kF16:
      return torch::kFloat16;
    case checkpoint::Dtype::kBF16:
      return torch::kBFloat16;
    case checkpoint::Dtype::kF32:
      return torch::kFloat32;
    case checkpoint::Dtype::kF64:
      return torch::kFloat64;
    default:
      return std::nullopt;
  }
}

checkpoint::Dtype checkpoint_dtype(torch::Dtype dtype) {
  for (const auto candidate :
       {checkpoint::Dtype::kF32,
        checkpoint::Dtype::kBF16,
        checkpoint::Dtype::kF16,
        checkpoint::Dtype::kI64,
        checkpoint::Dtype::kI32,
        checkpoint::Dtype::kI8,
        checkpoint::Dtype::kU8,
        checkpoint::Dtype::kF64}) {
    if (torch_dtype(candidate) == dtype) {
      return candidate;
    }
  }
  TORCH_CHECK(false, "no safetensors dtype for a tensor of ", dtype);
}

bool is_weight_dtype(checkpoint::Dtype dtype) {
  return dtype == checkpoint::Dtype::kF32 ||
      dtype == checkpoint::Dtype::kBF16 || dtype == checkpoint::Dtype::kF16 ||
      dtype == checkpoint::Dtype::kF64;
}

/// A paragraph of `check_checkpoint`'s message.
std::string listed(
    const std::string& title,
    const std::vector<std::string>& lines) {
  if (lines.empty()) {
    return "";
  }
  std::string text = concat("\n  ", title, " (", lines.size(), "):");
  for (size_t i = 0; i < lines.size() && i < kMaxListedNames; ++i) {
    text += "\n    " + lines[i];
  }
  if (lines.size() > kMaxListedNames) {
    text += concat("\n    and ", lines.size() - kMaxListedNames, " more");
  }
  return text;
}

/// The model's parameters and buffers by their own names.
std::unordered_map<std::string, torch::Tensor> named_tensors(
    OpticalModel& model) {
  std::unordered_map<std::string, torch::Tensor> tensors;
  for (const auto& item : model->named_parameters()) {
    tensors.emplace(item.key(), item.value());
  }
  for (const auto& item : model->named_buffers()) {
    tensors.emplace(item.key(), item.value());
  }
  return tensors;
}

/// The model's linear layers by their own names.
std::unordered_map<std::string, layers::LinearImpl*> named_linears(
    OpticalModel& model) {
  std::unordered_map<std::string, layers::LinearImpl*> linears;
  for (const auto& item : model->named_modules("", /*include_self=*/false)) {
    if (auto* linear = item.value()->as<layers::Linear>()) {
      linears.emplace(item.key(), linear);
    }
  }
  return linears;
}

/// Whether a tensor of the checkpoint has a dtype that can be read.
bool fits_content(checkpoint::Dtype dtype, TensorContent content) {
  switch (content) {
    case TensorContent::kInt8:
      return dtype == checkpoint::Dtype::kI8;
    case TensorContent::kInt4:
    case TensorContent::kZeroPoint:
      return dtype == checkpoint::Dtype::kI32;
    case TensorContent::kShape:
      return dtype == checkpoint::Dtype::kI64 ||
          dtype == checkpoint::Dtype::kI32;
    case TensorContent::kGroupScale:
      return is_weight_dtype(dtype) && dtype != checkpoint::Dtype::kF64;
    case TensorContent::kFloat:
    case TensorContent::kChannelScale:
      break;
  }
  return is_weight_dtype(dtype);
}

/// Whether a tensor is read together with the numbers of its layer.
bool belongs_to_weight(TensorContent content) {
  return content == TensorContent::kChannelScale ||
      content == TensorContent::kGroupScale ||
      content == TensorContent::kZeroPoint || content == TensorContent::kShape;
}

/// The quantized weight of a layer.
std::pair<torch::Tensor, torch::Tensor> read_quantized(
    const std::shared_ptr<const Checkpoint>& checkpoint,
    const TensorSpec& spec) {
  if (spec.content == TensorContent::kInt4) {
    const auto weight = read_int4(checkpoint, spec.layer);
    return {weight.packed, weight.scale};
  }
  const auto scale = view_tensor(
      *checkpoint->find(spec.layer + std::string(kScaleEnding)), checkpoint);
  return {
      view_tensor(*checkpoint->find(spec.name), checkpoint),
      scale.view(-1).to(torch::kFloat32)};
}

/// The tensor in the dtype of the file; int8 weights and their scales are kept.
torch::Tensor to_save(
    const std::string& published,
    const torch::Tensor& tensor,
    torch::Dtype dtype) {
  const auto on_cpu = tensor.detach().to(torch::kCPU);
  if (published.ends_with(kScaleEnding)) {
    return on_cpu.unsqueeze(1).contiguous();
  }
  return on_cpu.scalar_type() == torch::kInt8 ? on_cpu.contiguous()
                                              : on_cpu.to(dtype).contiguous();
}

} // namespace

void check_checkpoint(
    const Checkpoint& checkpoint,
    const std::vector<TensorSpec>& specs,
    const std::string& where) {
  std::vector<std::string> missing;
  std::vector<std::string> wrong_shape;
  std::vector<std::string> wrong_dtype;
  std::unordered_map<std::string_view, const TensorSpec*> known;
  for (const auto& spec : specs) {
    known.emplace(spec.name, &spec);
    const auto found = checkpoint.find(spec.name);
    if (!found) {
      if (!spec.optional) {
        missing.push_back(spec.name);
      }
      continue;
    }
    if (found->info.shape != spec.shape) {
      wrong_shape.push_back(concat(
          spec.name,
          ": expected ",
          shape_text(spec.shape),
          " from config.json, got ",
          shape_text(found->info.shape)));
    } else if (!fits_content(found->info.dtype, spec.content)) {
      wrong_dtype.push_back(
          concat(spec.name, ": ", checkpoint::name_of(found->info.dtype)));
    } else if (
        spec.content == TensorContent::kShape &&
        !holds_shape(*found, spec.out, spec.in)) {
      wrong_shape.push_back(concat(
          spec.name,
          ": expected the numbers ",
          shape_text({spec.out, spec.in}),
          " from config.json"));
    }
  }
  std::vector<std::string> unexpected;
  for (const auto& name : checkpoint.names()) {
    if (!known.contains(name) && !is_ignored_tensor(name)) {
      unexpected.push_back(name);
    }
  }
  check(
      missing.empty() && unexpected.empty() && wrong_shape.empty() &&
          wrong_dtype.empty(),
      where,
      ": the checkpoint does not fit the model of config.json",
      listed("missing", missing),
      listed("unexpected", unexpected),
      listed("of another shape", wrong_shape),
      listed("of another dtype", wrong_dtype));
}

void load_state_dict(
    OpticalModel& model,
    const std::shared_ptr<const Checkpoint>& checkpoint,
    const std::vector<TensorSpec>& specs,
    const Placement& placement) {
  const torch::NoGradGuard no_grad;
  const auto tensors = named_tensors(model);
  const auto linears = named_linears(model);
  size_t filled = 0;
  for (const auto& spec : specs) {
    const auto found = checkpoint->find(spec.name);
    if (!found || belongs_to_weight(spec.content)) {
      continue;
    }
    if (spec.content != TensorContent::kFloat) {
      const auto [weight, scale] = read_quantized(checkpoint, spec);
      linears.at(our_name(spec.layer))
          ->set_quantized(
              weight.to(placement.device), scale.to(placement.device));
      ++filled;
      continue;
    }
    const std::string name = our_name(spec.name);
    const auto value = view_tensor(*found, checkpoint)
                           .to(placement.device, weights_dtype(placement));
    const auto own = tensors.find(name);
    if (own == tensors.end()) {
      TORCH_INTERNAL_ASSERT(spec.optional, "no tensor ", name, " in the model");
      model->keep_unused_patch_embedding(value);
      continue;
    }
    auto parameter = own->second;
    parameter.set_data(value.view(parameter.sizes()));
    ++filled;
  }
  TORCH_INTERNAL_ASSERT(filled == tensors.size(), "a weight is uninitialised");
}

void widen_all_but_matrices(OpticalModel& model) {
  const torch::NoGradGuard no_grad;
  std::unordered_set<std::string> kept = {"decoder.token_embedding.weight"};
  for (const auto& [name, linear] : named_linears(model)) {
    kept.insert(name + ".weight");
    kept.insert(name + ".weight_scale");
  }
  for (auto& [name, tensor] : named_tensors(model)) {
    if (!kept.contains(name)) {
      tensor.set_data(tensor.to(torch::kFloat32));
    }
  }
}

void quantize_linear_layers(
    OpticalModel& model,
    const Quantization& quantization) {
  if (quantization.groups.empty()) {
    return;
  }
  for (const auto& [name, linear] : named_linears(model)) {
    const auto format = quantization.of(published_name(name));
    if (linear->is_quantized() || format.format == WeightFormat::kFloat) {
      continue;
    }
    if (format.format == WeightFormat::kInt4) {
      linear->quantize_int4(format.group_size, format.zero_points);
    } else {
      linear->quantize();
    }
  }
#ifdef __GLIBC__
  // Temporary float32 copies fragment the heap.
  malloc_trim(0);
#endif
}

void save_state_dict(
    OpticalModel& model,
    const std::filesystem::path& file,
    torch::Dtype dtype,
    const std::map<std::string, std::string>& metadata) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> kept;
  std::vector<checkpoint::TensorView> views;
  const auto keep = [&](const std::string& name, const torch::Tensor& tensor) {
    kept.push_back(tensor);
    views.push_back(view_bytes(name, tensor));
  };
  std::unordered_set<std::string> int4_names;
  for (const auto& [name, linear] : named_linears(model)) {
    if (kernels::is_int4(linear->weight)) {
      int4_names.insert(name + ".weight");
      int4_names.insert(name + ".weight_scale");
      const kernels::Int4Weight weight{linear->weight, linear->weight_scale};
      for (const auto& [part, tensor] :
           int4_tensors(published_name(name), weight)) {
        keep(part, tensor);
      }
    }
  }
  for (const auto& [name, tensor] : named_tensors(model)) {
    if (!int4_names.contains(name)) {
      const std::string published = published_name(name);
      keep(published, to_save(published, tensor, dtype));
    }
  }
  checkpoint::write_safetensors(file, views, metadata);
}

torch::Tensor view_tensor(
    const CheckpointTensor& tensor,
    std::shared_ptr<const void> owner) {
  const auto dtype = torch_dtype(tensor.info.dtype);
  check(
      dtype.has_value(),
      "tensor \"",
      tensor.info.name,
      "\": dtype ",
      checkpoint::name_of(tensor.info.dtype),
      " is not supported");
  const auto options = torch::TensorOptions().dtype(*dtype);
  const auto address = reinterpret_cast<uintptr_t>(tensor.bytes.data());
  if (tensor.bytes.empty() || address % torch::elementSize(*dtype) != 0) {
    auto copy = torch::empty(tensor.info.shape, options);
    if (!tensor.bytes.empty()) {
      std::memcpy(
          copy.mutable_data_ptr(), tensor.bytes.data(), tensor.bytes.size());
    }
    return copy;
  }
  // Mapped files are private: writes do not reach the file.
  return torch::from_blob(
      const_cast<std::byte*>(tensor.bytes.data()),
      tensor.info.shape,
      [owner = std::move(owner), bytes = tensor.bytes](void*) {
        // The tensor was converted or quantized and is not needed any more.
        if (owner != nullptr) {
          release_pages(bytes);
        }
      },
      options);
}

checkpoint::TensorView view_bytes(
    const std::string& name,
    const torch::Tensor& tensor) {
  TORCH_CHECK(
      tensor.is_cpu() && tensor.is_contiguous(),
      "view_bytes: expected a contiguous tensor on the CPU for \"",
      name,
      "\"");
  return {
      name,
      checkpoint_dtype(tensor.scalar_type()),
      tensor.sizes().vec(),
      {static_cast<const std::byte*>(tensor.const_data_ptr()),
       static_cast<size_t>(tensor.nbytes())}};
}

} // namespace microfiche::model
