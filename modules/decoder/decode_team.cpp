#include "decoder/decode_team.h"

#include "decoder/cpu/decode_thread.h"
#include "kernels/int4.h"
#include "kernels/reference_kernels.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <utility>

// B = rows, D = width, V = vocabulary.

namespace microfiche::decoder {
namespace {

using kernels::WeightType;

// The most float32 rows. With more rows LibTorch's products get faster than
// ours; at 64 rows `Decoder::forward` is as fast as this class.
constexpr int64_t kMaxFloat32Rows = 32;

int64_t max_rows(torch::Dtype dtype) {
  if (dtype == torch::kFloat32) {
    return kMaxFloat32Rows;
  }
  return kernels::has_bf16_instructions() ? kernels::kTileRows
                                          : kernels::kFewRows;
}

std::optional<WeightType> type_of(const torch::Tensor& weight) {
  switch (weight.scalar_type()) {
    case torch::kFloat32:
      return WeightType::kFloat32;
    case torch::kBFloat16:
      return WeightType::kBFloat16;
    case torch::kInt8:
      return WeightType::kInt8;
    case torch::kInt32:
      return WeightType::kInt4;
    default:
      return std::nullopt;
  }
}

bool is_usable(const torch::Tensor& weight) {
  return weight.is_cpu() && weight.is_contiguous() && type_of(weight);
}

bool is_usable(const layers::Linear& linear) {
  return is_usable(linear->weight) && linear->lora() == nullptr &&
      (!linear->is_quantized() || linear->weight_scale.is_contiguous());
}

bool is_usable(const layers::GatedMlpImpl& mlp) {
  return is_usable(mlp.gate_proj) && is_usable(mlp.up_proj) &&
      is_usable(mlp.down_proj);
}

bool is_usable(const DecoderLayerImpl& layer, torch::Dtype dtype) {
  const auto& attention = *layer.attention;
  const auto is_norm = [&](const layers::RmsNorm& norm) {
    return is_usable(norm->weight) && norm->weight.scalar_type() == dtype;
  };
  if (!is_norm(layer.attention_norm) || !is_norm(layer.mlp_norm) ||
      !is_usable(attention.q_proj) || !is_usable(attention.k_proj) ||
      !is_usable(attention.v_proj) || !is_usable(attention.o_proj)) {
    return false;
  }
  if (!layer.dense.is_empty()) {
    return is_usable(*layer.dense);
  }
  const auto& moe = *layer.moe;
  return is_usable(moe.router->weight) &&
      (moe.shared_experts.is_empty() || is_usable(*moe.shared_experts)) &&
      std::all_of(
             moe.experts->begin(), moe.experts->end(), [](const auto& expert) {
               return is_usable(*expert->template as<layers::GatedMlp>());
             });
}

RawWeight raw(const torch::Tensor& weight) {
  RawWeight result;
  result.data = weight.const_data_ptr();
  result.type = *type_of(weight);
  result.in = kernels::input_width(weight);
  result.out = weight.size(0);
  return result;
}

RawWeight raw(const layers::Linear& linear) {
  auto result = raw(linear->weight);
  if (result.type == WeightType::kInt4) {
    result.groups = kernels::int4_groups(linear->weight, linear->weight_scale);
  } else if (linear->is_quantized()) {
    result.scale = linear->weight_scale.const_data_ptr<float>();
  }
  return result;
}

RawGatedMlp raw(const layers::GatedMlpImpl& mlp) {
  return {raw(mlp.gate_proj), raw(mlp.up_proj), raw(mlp.down_proj)};
}

RawDecoderLayer raw(const DecoderLayerImpl& layer) {
  RawDecoderLayer result;
  result.attention_norm = layer.attention_norm->weight.const_data_ptr();
  result.q = raw(layer.attention->q_proj);
  result.k = raw(layer.attention->k_proj);
  result.v = raw(layer.attention->v_proj);
  result.o = raw(layer.attention->o_proj);
  result.mlp_norm = layer.mlp_norm->weight.const_data_ptr();
  if (!layer.dense.is_empty()) {
    result.shared = raw(*layer.dense);
    return result;
  }
  if (!layer.moe->shared_experts.is_empty()) {
    result.shared = raw(*layer.moe->shared_experts);
  }
  result.router = raw(layer.moe->router->weight);
  for (const auto& expert : *layer.moe->experts) {
    result.experts.push_back(raw(*expert->as<layers::GatedMlp>()));
  }
  return result;
}

DecodeSizes sizes_of(const DecoderImpl& decoder) {
  const auto& options = decoder.options;
  DecodeSizes sizes;
  sizes.is_bf16 = decoder.activation_dtype() == torch::kBFloat16;
  sizes.width = options.width();
  sizes.heads = options.heads();
  sizes.head_dim = options.head_dim();
  sizes.norm_eps = static_cast<float>(options.norm_eps());
  sizes.routing.num_experts = options.num_experts();
  sizes.routing.top_k = options.top_k();
  sizes.routing.norm_topk_prob = options.norm_topk_prob();
  sizes.routing.scaling_factor =
      static_cast<float>(options.routed_scaling_factor());
  return sizes;
}

} // namespace

std::optional<std::string> DecodeTeam::unsupported_reason(
    const DecoderImpl& decoder,
    const KvCache& cache) {
  const int64_t max = max_rows(decoder.activation_dtype());
  if (cache.batch() > max) {
    return "more than " + std::to_string(max) + " rows";
  }
  return unsupported_block_reason(decoder, cache);
}

std::optional<std::string> DecodeTeam::unsupported_block_reason(
    const DecoderImpl& decoder,
    const KvCache& cache) {
  if (kernels::runs_reference("decode_team")) {
    return "MICROFICHE_REFERENCE_KERNELS turns it off";
  }
  const auto& options = decoder.options;
  const auto dtype = decoder.activation_dtype();
  const auto& table = decoder.token_embedding->weight;
  const bool is_widened =
      table.scalar_type() == torch::kBFloat16 && dtype == torch::kFloat32;
  if (!is_usable(table) || !torch::isFloatingType(dtype) ||
      (table.scalar_type() != dtype && !is_widened)) {
    return "the embeddings are not float32 or bfloat16 on a CPU";
  }
  if (cache.keys(0).scalar_type() != dtype || !is_usable(cache.keys(0))) {
    return "the cache has another type than the activations";
  }
  if (options.kv_heads() != options.heads() || options.qk_norm()) {
    return "heads share keys, or the decoder has qk_norm";
  }
  if (decoder.is_training() || torch::GradMode::is_enabled()) {
    return "gradients are enabled";
  }
  if (cache.window() > 0 && cache.prompt_lengths().empty()) {
    return "the cache has a window and nothing states its prompts";
  }
  if (!is_usable(decoder.lm_head)) {
    return "the head has LoRA matrices or is not on a CPU";
  }
  for (int64_t i = 0; i < options.layers(); ++i) {
    if (!is_usable(*decoder.layers->ptr(i)->as<DecoderLayer>(), dtype)) {
      return "layer " + std::to_string(i) +
          " has LoRA matrices, or weights of another type or device";
    }
  }
  return std::nullopt;
}

DecodeTeam::DecodeTeam(Decoder decoder, const KvCache& cache)
    : decoder_(std::move(decoder)), sizes_(sizes_of(*decoder_)) {
  const auto reason = unsupported_block_reason(*decoder_, cache);
  TORCH_CHECK(!reason, "DecodeTeam: cannot run this decoder: ", *reason);
  for (const auto& layer : *decoder_->layers) {
    layers_.push_back(raw(*layer->as<DecoderLayer>()));
  }
  head_ = raw(decoder_->lm_head);
  buffers_ = DecodeBuffers(
      sizes_, layers_, decoder_->options.vocab_size(), /*num_rows=*/1);
}

/// Checks that every row has room for `added` more positions, and makes their
/// angles.
void DecodeTeam::check_room(const KvCache& cache, int64_t added) {
  TORCH_CHECK(
      cache.max_slots(added) <= cache.capacity(),
      "DecodeTeam: the cache's capacity of ",
      cache.capacity(),
      " is used up; make a larger cache");
  // With a window, positions can exceed the capacity.
  const int64_t positions =
      std::max(cache.capacity(), cache.max_length() + added);
  if (!rotation_.cos.defined() || rotation_.cos.size(2) < positions) {
    const int64_t with_room =
        positions > cache.capacity() ? 2 * positions : positions;
    rotation_ = layers::make_rotation(
        torch::arange(with_room, torch::kInt64).unsqueeze(0),
        sizes_.head_dim,
        decoder_->options.rope_theta(),
        cache.keys(0).scalar_type());
  }
}

/// Writes the embeddings of ids to the buffers' rows.
void DecodeTeam::embed(const int64_t* ids, int64_t count) {
  if (buffers_.rows != count) {
    buffers_.set_rows(count);
  }
  scratches_.resize(at::get_num_threads());
  const auto& table = decoder_->token_embedding->weight;
  const bool is_widened =
      table.scalar_type() == torch::kBFloat16 && !sizes_.is_bf16;
  const int64_t row_bytes = sizes_.width * sizes_.element_size();
  for (int64_t row = 0; row < count; ++row) {
    TORCH_CHECK(
        ids[row] >= 0 && ids[row] < decoder_->options.vocab_size(),
        "DecodeTeam: expected ids in [0, ",
        decoder_->options.vocab_size(),
        "), got ",
        ids[row]);
    char* to = buffers_.x.data() + row * row_bytes;
    if (is_widened) {
      convert_to_float(
          static_cast<const uint16_t*>(table.const_data_ptr()) +
              ids[row] * sizes_.width,
          sizes_.width,
          reinterpret_cast<float*>(to));
      continue;
    }
    std::memcpy(
        to,
        static_cast<const char*>(table.const_data_ptr()) + ids[row] * row_bytes,
        row_bytes);
  }
}

/// Runs the layers and the head over `buffers_.x`, which holds the embeddings
/// of a chunk of `positions_`.
void DecodeTeam::run_layers(const Chunk& chunk, KvCache& cache, float* logits) {
  std::vector<int64_t> groups;
  for (int64_t i = chunk.begin; i < chunk.end; ++i) {
    if (i == chunk.begin || positions_[i].row != positions_[i - 1].row) {
      groups.push_back(i - chunk.begin);
    }
  }
  groups.push_back(chunk.end - chunk.begin);
  std::vector<RawCache> caches;
  for (int64_t layer = 0; layer < decoder_->options.layers(); ++layer) {
    RawCache raw;
    raw.keys = cache.keys(layer).mutable_data_ptr();
    raw.values = cache.values(layer).mutable_data_ptr();
    raw.capacity = cache.capacity();
    raw.positions = positions_.data() + chunk.begin;
    raw.groups = &groups;
    if (replaced_.size() > 0) {
      raw.replaced_keys = replaced_at(layer, 0, chunk.begin);
      raw.replaced_values = replaced_at(layer, 1, chunk.begin);
    }
    raw.cos = rotation_.cos.const_data_ptr();
    raw.sin = rotation_.sin.const_data_ptr();
    caches.push_back(raw);
  }
  const auto* norm = decoder_->norm->weight.const_data_ptr();
  kernels::run_team([&](kernels::TeamMember& member) {
    auto& scratch = scratches_[member.index()];
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      run_decoder_layer(
          layers_[layer], sizes_, caches[layer], buffers_, scratch, member);
    }
    run_decoder_head(norm, head_, sizes_, buffers_, scratch, logits, member);
  });
}

torch::Tensor DecodeTeam::run(const torch::Tensor& ids, KvCache& cache) {
  const int64_t rows = cache.batch();
  TORCH_CHECK(
      ids.sizes() == at::IntArrayRef({rows, 1}) &&
          ids.scalar_type() == torch::kInt64 && ids.is_contiguous(),
      "DecodeTeam: expected contiguous int64 ids of shape (",
      rows,
      ", 1), one per row of the cache, got ",
      ids.scalar_type(),
      " of ",
      ids.sizes());
  check_room(cache, /*added=*/1);
  embed(ids.const_data_ptr<int64_t>(), rows);
  buffers_.rows_alone = false;
  replaced_.resize(0);
  positions_.clear();
  for (int64_t row = 0; row < rows; ++row) {
    positions_.push_back(next_position(cache, row, 0));
  }
  auto logits = torch::empty({rows, decoder_->options.vocab_size()});
  run_layers({0, rows}, cache, logits.mutable_data_ptr<float>());
  cache.advance(std::vector<int64_t>(rows, 1));
  return logits;
}

/// The new position `i` of a row.
RawPosition
DecodeTeam::next_position(const KvCache& cache, int64_t row, int64_t i) {
  const int64_t position = cache.lengths()[row] + i;
  return {
      row,
      position,
      cache.slot(row, position),
      cache.filled_slots(row, position + 1)};
}

} // namespace microfiche::decoder
