#include "encoder/clip_vit.h"

#include "encoder/initialization.h"
#include "encoder/position_table.h"
#include "kernels/attention.h"
#include "layers/recompute.h"

#include <utility>

// B = pages or tiles, n = side of the token grid, N = tokens with the class
// token, D = channels of a head.

namespace microfiche::encoder {

namespace {

torch::nn::LayerNorm make_norm(int64_t width) {
  return torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({width}).eps(/*new_eps=*/1e-5));
}

} // namespace

ClipBlockImpl::ClipBlockImpl(ClipVitOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ClipBlockImpl::reset() {
  check_tower("ClipBlock", options.width(), options.layers(), options.heads());

  const int64_t width = options.width();
  norm1 = register_module("norm1", make_norm(width));
  qkv = register_module("qkv", make_linear(width, 3 * width));
  projection = register_module("projection", make_linear(width, width));
  norm2 = register_module("norm2", make_norm(width));
  mlp = register_module(
      "mlp",
      FeedForward(FeedForwardOptions(
                      width, static_cast<int64_t>(width * options.mlp_ratio()))
                      .activation(Activation::kQuickGelu)));
}

torch::Tensor ClipBlockImpl::forward(const torch::Tensor& tokens) {
  const int64_t batch = tokens.size(0), count = tokens.size(1);
  const auto heads = qkv->forward(norm1->forward(tokens))
                         .view({batch, count, 3, options.heads(), -1})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0); // 3 x (B, heads, N, D)
  const auto attended = kernels::attention(heads[0], heads[1], heads[2])
                            .transpose(1, 2)
                            .reshape(tokens.sizes());
  const auto x = tokens + projection->forward(attended);
  return x + mlp->forward(norm2->forward(x));
}

void ClipBlockImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::ClipBlock(" << options.width()
         << ", heads=" << options.heads() << ")";
}

ClipVitImpl::ClipVitImpl(ClipVitOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ClipVitImpl::reset() {
  check_tower("ClipVit", options.width(), options.layers(), options.heads());
  TORCH_CHECK_VALUE(
      options.table_side() >= 1,
      "ClipVit: table_side must be at least 1, got ",
      options.table_side());

  const int64_t rows = 1 + options.table_side() * options.table_side();
  class_embedding =
      register_parameter("class_embedding", make_embedding({options.width()}));
  position_table = register_parameter(
      "position_table", make_embedding({rows, options.width()}));
  pre_norm = register_module("pre_norm", make_norm(options.width()));
  blocks = register_module("blocks", torch::nn::ModuleList());
  for (int64_t layer = 0; layer < options.layers(); ++layer) {
    blocks->push_back(ClipBlock(options));
  }
}

torch::Tensor ClipVitImpl::forward(const torch::Tensor& tokens) {
  TORCH_CHECK(
      tokens.dim() == 4 && tokens.size(1) == options.width() &&
          tokens.size(2) == tokens.size(3),
      "ClipVit: expected tokens of shape (B, ",
      options.width(),
      ", n, n), got ",
      tokens.sizes());

  const int64_t batch = tokens.size(0), side = tokens.size(2);
  const int64_t table_side = options.table_side();
  const auto positions = resize_position_table(
      position_table.slice(/*dim=*/0, 1).view({table_side, table_side, -1}),
      side);
  const auto class_token = class_embedding + position_table.select(0, 0);
  auto x = torch::cat(
      {class_token.expand({batch, 1, -1}),
       tokens.flatten(2).transpose(1, 2) + positions.flatten(0, 1)},
      /*dim=*/1); // (B, 1 + n * n, width)

  x = pre_norm->forward(x);
  for (const auto& block : *blocks) {
    x = recompute_blocks ? layers::recompute<ClipBlockImpl>(block, x)
                         : block->as<ClipBlock>()->forward(x);
  }
  return x.slice(/*dim=*/1, 1);
}

std::string ClipVitImpl::stage_name() const {
  return "clip";
}

int64_t ClipVitImpl::in_channels() const {
  return options.width();
}

int64_t ClipVitImpl::feature_width() const {
  return 2 * options.width();
}

torch::Tensor ClipVitImpl::features(
    const torch::Tensor& map,
    const torch::Tensor& output) {
  const auto map_tokens = map.flatten(2).transpose(1, 2); // (B, n * n, C)
  return torch::cat({output, map_tokens}, /*dim=*/-1);
}

bool ClipVitImpl::features_have_map() const {
  return true;
}

void ClipVitImpl::set_recompute(bool on) {
  recompute_blocks = on;
}

void ClipVitImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::encoder::ClipVit(width=" << options.width()
         << ", layers=" << options.layers() << ", heads=" << options.heads()
         << ", table_side=" << options.table_side() << ")";
}

} // namespace microfiche::encoder
