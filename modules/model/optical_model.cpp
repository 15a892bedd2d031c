#include "model/optical_model.h"

#include "core/error.h"
#include "encoder/normalize_pixels.h"
#include "model/second_stage_format.h"

#include <algorithm>
#include <cmath>
#include <utility>

// B = pages, S = side of a view in pixels, D = width of the decoder.

namespace microfiche::model {
namespace {

int64_t token_side(int64_t tokens) {
  return std::llround(std::sqrt(static_cast<double>(tokens)));
}

} // namespace

int64_t pixels_per_batch(const torch::Device& device) {
  return int64_t{1} << (device.is_cuda() ? 23 : 20);
}

OpticalModelOptions optical_model_options(const ModelConfig& config) {
  const auto& toolkit = config.toolkit;
  const auto& language = config.language;
  return OpticalModelOptions()
      .layout(token_layout(config))
      .encoder(encoder::DeepEncoderOptions()
                   .sam(encoder::SamVitOptions()
                            .image_size(config.image_size)
                            .patch_size(toolkit.sam_patch_size)
                            .width(config.sam.width)
                            .layers(config.sam.layers)
                            .heads(config.sam.heads)
                            .mlp_ratio(toolkit.sam_mlp_ratio)
                            .window_size(toolkit.sam_window_size)
                            .global_attn_indexes(config.sam.global_attn_indexes)
                            .neck_channels(toolkit.sam_neck_channels))
                   .compressor(encoder::TokenCompressorOptions()
                                   .in_channels(toolkit.sam_neck_channels)
                                   .channels(config.sam.downsample_channels))
                   .second_stage(second_stage_format(config).make(config))
                   .projector(encoder::ProjectorOptions()
                                  .in_width(config.projector.input_dim)
                                  .out_width(config.projector.n_embed)))
      .decoder(
          decoder::DecoderOptions()
              .vocab_size(language.vocab_size)
              .width(language.hidden_size)
              .layers(language.num_hidden_layers)
              .heads(language.num_attention_heads)
              .kv_heads(language.num_key_value_heads)
              .qk_norm(toolkit.qk_norm)
              .rope_theta(language.rope_theta)
              .max_positions(language.max_position_embeddings)
              .window(language.sliding_window_size.value_or(0))
              .first_dense_layers(std::min(
                  language.first_k_dense_replace, language.num_hidden_layers))
              .intermediate_width(language.intermediate_size)
              .moe_intermediate_width(language.moe_intermediate_size)
              .num_experts(language.n_routed_experts)
              .num_shared_experts(language.n_shared_experts)
              .top_k(language.num_experts_per_tok)
              .norm_topk_prob(language.norm_topk_prob)
              .routed_scaling_factor(language.routed_scaling_factor)
              .norm_eps(language.rms_norm_eps));
}

OpticalModelImpl::OpticalModelImpl(OpticalModelOptions options_)
    : options(std::move(options_)) {
  reset();
}

void OpticalModelImpl::reset() {
  const int64_t width = options.decoder().width();
  TORCH_CHECK_VALUE(
      options.encoder().projector().out_width() == width,
      "OpticalModel: the projector's out_width must be the decoder's width (",
      width,
      "), got ",
      options.encoder().projector().out_width());

  encoder = register_module("encoder", encoder::DeepEncoder(options.encoder()));
  decoder = register_module("decoder", decoder::Decoder(options.decoder()));
  // As published: vectors of about the length of an embedding.
  const double scale = 1.0 / std::sqrt(static_cast<double>(width));
  if (options.layout().has_rows) {
    image_newline =
        register_parameter("image_newline", torch::randn({width}) * scale);
  }
  view_separator =
      register_parameter("view_separator", torch::randn({width}) * scale);
}

std::vector<VisionTokens> OpticalModelImpl::encode(
    std::span<const page::PageViews> pages,
    const page::ResolutionMode& mode,
    const ViewEncoder& encode_view) {
  TORCH_CHECK(
      mode.layout == options.layout(),
      "OpticalModel: mode \"",
      mode.name,
      "\" has another layout of vision tokens than the model");
  const auto like = tensor_options();
  const auto encode_views =
      [&](const std::vector<const page::PageImage*>& views, int64_t side) {
        // Without tiles, `side` is 0.
        if (views.empty()) {
          return torch::Tensor();
        }
        const int64_t batch = std::max<int64_t>(
            1, pixels_per_batch(like.device()) / (side * side));
        std::vector<torch::Tensor> tokens;
        for (size_t begin = 0; begin < views.size(); begin += batch) {
          const size_t count = std::min<size_t>(batch, views.size() - begin);
          const auto pixels =
              normalized_pixels({views.data() + begin, count}, like);
          tokens.push_back(
              encode_view ? encode_view(pixels) : encoder->forward(pixels));
        }
        return torch::cat(tokens);
      };

  std::vector<const page::PageImage*> views;
  std::vector<const page::PageImage*> tiles;
  for (const auto& page : pages) {
    views.push_back(&page.global_view);
    for (const auto& tile : page.tiles) {
      tiles.push_back(&tile);
    }
  }
  const auto global_tokens = encode_views(views, mode.base_size_px);
  const auto tile_tokens = encode_views(tiles, mode.tile_size_px);

  std::vector<VisionTokens> encoded;
  int64_t first_tile = 0;
  for (size_t i = 0; i < pages.size(); ++i) {
    const auto& page = pages[i];
    const int64_t num_tiles = static_cast<int64_t>(page.tiles.size());
    const auto own_tiles = num_tiles == 0
        ? torch::Tensor()
        : tile_tokens.narrow(0, first_tile, num_tiles).unsqueeze(0);
    first_tile += num_tiles;

    VisionTokens tokens;
    tokens.sequence =
        assemble(global_tokens[i].unsqueeze(0), own_tiles, page.grid)[0];
    tokens.counts = page::count_vision_tokens(
        mode,
        page.grid,
        page.page_width_px,
        page.page_height_px,
        options.encoder().pixels_per_token());
    tokens.mode = mode.name;
    tokens.grid = page.grid;
    tokens.page_width_px = page.page_width_px;
    tokens.page_height_px = page.page_height_px;
    encoded.push_back(std::move(tokens));
  }
  return encoded;
}

torch::Tensor OpticalModelImpl::assemble(
    const torch::Tensor& global_tokens,
    const torch::Tensor& tile_tokens,
    page::TileGrid grid) {
  const int64_t batch = global_tokens.size(0);
  const int64_t width = global_tokens.size(2);
  std::vector<torch::Tensor> rows;
  int64_t tile_side = 0;
  if (tile_tokens.defined()) {
    tile_side = token_side(tile_tokens.size(2));
    rows.push_back(tile_tokens.reshape({batch, -1, width}));
  }
  rows.push_back(global_tokens);
  if (!options.layout().has_rows) {
    rows.push_back(view_separator.expand({batch, 1, width}));
    return torch::cat(rows, /*dim=*/1);
  }
  rows.push_back(image_newline.expand({batch, 1, width}));
  rows.push_back(view_separator.expand({batch, 1, width}));
  const auto order = torch::tensor(
      page::vision_token_order(
          token_side(global_tokens.size(1)), grid, tile_side),
      torch::kInt64);
  return torch::cat(rows, /*dim=*/1)
      .index_select(/*dim=*/1, order.to(global_tokens.device()));
}

torch::Tensor OpticalModelImpl::embed(
    const Prompt& prompt,
    const torch::Tensor& sequence) {
  const auto embed_ids = [&](int64_t begin, int64_t end) {
    const std::vector<int64_t> ids(
        prompt.ids.begin() + begin, prompt.ids.begin() + end);
    return decoder->embed(torch::tensor(ids, torch::kInt64)
                              .to(view_separator.device())
                              .unsqueeze(0))[0];
  };
  const int64_t length = static_cast<int64_t>(prompt.ids.size());
  if (prompt.image_positions == 0) {
    return embed_ids(0, length);
  }
  TORCH_CHECK(
      sequence.dim() == 2 && sequence.size(0) == prompt.image_positions &&
          sequence.size(1) == view_separator.size(0),
      "OpticalModel: expected vision tokens of shape (",
      prompt.image_positions,
      ", ",
      view_separator.size(0),
      ") for the prompt's image, got ",
      sequence.sizes());
  const int64_t image_end = prompt.image_begin + prompt.image_positions;
  return torch::cat(
      {embed_ids(0, prompt.image_begin),
       sequence.to(view_separator.options()),
       embed_ids(image_end, length)});
}

void OpticalModelImpl::set_recompute(bool on) {
  encoder->sam->recompute_blocks = on;
  encoder->second_stage->set_recompute(on);
  decoder->recompute_layers = on;
}

torch::TensorOptions OpticalModelImpl::tensor_options() const {
  return torch::TensorOptions()
      .dtype(view_separator.scalar_type())
      .device(view_separator.device());
}

void OpticalModelImpl::keep_unused_patch_embedding(torch::Tensor weight) {
  unused_patch_embedding =
      register_buffer("unused_patch_embedding", std::move(weight));
}

void OpticalModelImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::model::OpticalModel(width="
         << options.decoder().width() << ")";
}

torch::Tensor normalized_pixels(
    std::span<const page::PageImage* const> images,
    const torch::TensorOptions& like) {
  TORCH_CHECK(
      !images.empty(), "normalized_pixels: expected at least one image");
  const int64_t height = images[0]->height;
  const int64_t width = images[0]->width;
  const auto bytes = torch::empty(
      {static_cast<int64_t>(images.size()), height, width, 3}, torch::kUInt8);
  uint8_t* to = bytes.data_ptr<uint8_t>();
  for (const auto* image : images) {
    TORCH_CHECK(
        image->height == height && image->width == width &&
            static_cast<int64_t>(image->rgb.size()) == 3 * height * width,
        "normalized_pixels: expected images of ",
        width,
        " x ",
        height,
        " px, got ",
        image->width,
        " x ",
        image->height,
        " px");
    to = std::copy(image->rgb.begin(), image->rgb.end(), to);
  }
  return encoder::normalize_pixels(bytes.permute({0, 3, 1, 2}), like);
}

} // namespace microfiche::model
