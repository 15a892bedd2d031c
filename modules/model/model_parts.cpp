#include "model/model_parts.h"

#include "model/checkpoint_names.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace microfiche::model {
namespace {

std::string part_of(std::string_view name) {
  // The first match counts.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11>
      kParts = {{
          {"model.sam_model.net_", "compressor"},
          {"model.sam_model.", "SAM"},
          {"model.vision_model.", "CLIP"},
          {"model.qwen2_model.", "causal flow"},
          {"model.projector.", "projector"},
          {"model.image_newline", "newline and separator"},
          {"model.view_seperator", "newline and separator"},
          {"model.embed_tokens", "token embedding"},
          {"lm_head", "lm_head"},
          {".mlp.experts.", "routed experts"},
          {"", "decoder without routed experts"},
      }};
  for (const auto& [piece, part] : kParts) {
    if (name.find(piece) != std::string_view::npos) {
      return std::string(part);
    }
  }
  TORCH_INTERNAL_ASSERT(false);
}

void add(ModelParts& parts, const checkpoint::TensorInfo& info) {
  const std::string part = part_of(info.name);
  auto found = std::find_if(
      parts.parts.begin(), parts.parts.end(), [&](const auto& entry) {
        return entry.first == part;
      });
  if (found == parts.parts.end()) {
    found = parts.parts.insert(parts.parts.end(), {part, {}});
  }
  found->second.add(info);
  parts.all.add(info);
}

/// The type in which `quantize` writes a tensor.
checkpoint::Dtype stored_dtype(
    TensorContent content,
    checkpoint::Dtype of_floats) {
  switch (content) {
    case TensorContent::kInt8:
      return checkpoint::Dtype::kI8;
    case TensorContent::kChannelScale:
      return checkpoint::Dtype::kF32;
    case TensorContent::kInt4:
    case TensorContent::kZeroPoint:
      return checkpoint::Dtype::kI32;
    case TensorContent::kGroupScale:
      return checkpoint::Dtype::kBF16;
    case TensorContent::kShape:
      return checkpoint::Dtype::kI64;
    case TensorContent::kFloat:
      return of_floats;
  }
  TORCH_INTERNAL_ASSERT(false);
}

} // namespace

void TensorTotals::add(const checkpoint::TensorInfo& info) {
  tensors += 1;
  // Eight numbers of an int4 weight are one int32.
  parameters +=
      info.name.ends_with(kPackedEnding) ? 8 * info.numel() : info.numel();
  bytes += static_cast<int64_t>(info.end - info.begin);
  dtypes[std::string(checkpoint::name_of(info.dtype))] += 1;
}

ModelParts count_parts(const checkpoint::Checkpoint& checkpoint) {
  ModelParts parts;
  for (const auto& name : checkpoint.names()) {
    if (!is_ignored_tensor(name)) {
      add(parts, checkpoint.find(name)->info);
    }
  }
  return parts;
}

ModelParts count_parts(const ModelConfig& config) {
  const std::string name = config.dtype();
  const auto dtype = name == "bfloat16" ? checkpoint::Dtype::kBF16
      : name == "float16"               ? checkpoint::Dtype::kF16
                                        : checkpoint::Dtype::kF32;
  std::vector<checkpoint::TensorInfo> tensors;
  for (const auto& spec : checkpoint_tensors(config)) {
    if (spec.optional) {
      continue;
    }
    checkpoint::TensorInfo info;
    info.name = spec.name;
    info.shape = spec.shape;
    info.dtype = stored_dtype(spec.content, dtype);
    info.end = *checkpoint::bytes_of(info.dtype, info.shape);
    tensors.push_back(std::move(info));
  }
  // In the order of `Checkpoint::names`.
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return a.name < b.name;
  });
  ModelParts parts;
  for (const auto& info : tensors) {
    add(parts, info);
  }
  return parts;
}

} // namespace microfiche::model
