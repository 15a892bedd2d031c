#include "training/loss/loss.h"

#include "text_compression/text_sequences.h"
#include "training/batch/sequence.h"
#include "training/batch/text_points.h"

#include <torch/torch.h>

#include <algorithm>

// B = rows, P = pages, L = longest answer, T = longest row, D = width of the
// decoder, N = ids of all answers, V = vocabulary.

namespace microfiche::training {
namespace {

bool is_frozen(const torch::nn::Module& module) {
  const auto parameters = module.parameters();
  return std::none_of(
      parameters.begin(), parameters.end(), [](const torch::Tensor& parameter) {
        return parameter.requires_grad();
      });
}

/// `values[page]` at each position of `pages`.
torch::Tensor look_up(
    const std::vector<int64_t>& values,
    const torch::Tensor& pages) {
  return torch::tensor(values, pages.options()).index({pages});
}

} // namespace

const std::vector<std::string>& scalar_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> losses = {"loss"};
    std::vector<std::string> accuracies;
    for (const auto& term : loss_terms()) {
      losses.push_back(std::string(term.name) + "_loss");
      if (term.has_accuracy) {
        accuracies.push_back(std::string(term.name) + "_accuracy");
      }
    }
    losses.insert(losses.end(), accuracies.begin(), accuracies.end());
    return losses;
  }();
  return names;
}

LossFunction::LossFunction(
    model::LoadedModel& loaded,
    TrainingHeads heads,
    text_compression::TextCompressor text_compressor)
    : loaded_(loaded),
      heads_(std::move(heads)),
      text_compressor_(std::move(text_compressor)) {}

Losses LossFunction::operator()(
    const BatchTensors& batch,
    const LossConfig& config,
    const AidConfig& aids,
    double progress) {
  ForwardPass pass{batch, aids, heads_, *loaded_.model->decoder};
  if (batch.pixels.size(0) > 0 && !text_compressor_) {
    run_encoder(pass, config);
  }

  const auto zero = torch::zeros(
      {}, torch::dtype(torch::kFloat32).device(batch.pixels.device()));
  auto total = zero;
  std::vector<torch::Tensor> losses;
  std::vector<torch::Tensor> accuracies;
  for (const auto& term : loss_terms()) {
    if (term.input == TermInput::kDecoder && config["reading"] > 0 &&
        !pass.logits.defined()) {
      run_decoder(
          pass,
          text_compressor_ ? texts_of(batch)
                           : pages_of(pass.vision_tokens, batch),
          progress);
    }
    const double weight = term.default_weight ? config[term.name] : 1;
    const auto value = weight > 0 ? term.compute(pass) : TermValue{};
    if (value.loss.defined()) {
      total = total + weight * value.loss;
    }
    losses.push_back(value.loss.defined() ? value.loss.detach() : zero);
    if (term.has_accuracy) {
      accuracies.push_back(value.accuracy.defined() ? value.accuracy : zero);
    }
  }
  losses.insert(losses.begin(), total.detach());
  losses.insert(losses.end(), accuracies.begin(), accuracies.end());
  return {total, torch::stack(losses)};
}

void LossFunction::cache_vision_tokens(int64_t batches) {
  cached_tokens_.clear();
  max_cached_ = batches;
}

void LossFunction::set_initial_encoder(
    encoder::DeepEncoderImpl* encoder,
    double characters_per_token) {
  initial_encoder_ = encoder;
  densest_kept_ = characters_per_token;
}

bool LossFunction::must_keep_tokens(const BatchTensors& batch) const {
  return initial_encoder_ != nullptr && batch.characters_per_token > 0 &&
      batch.characters_per_token <= densest_kept_;
}

void LossFunction::run_encoder(ForwardPass& pass, const LossConfig& config) {
  auto& encoder = *loaded_.model->encoder;
  const auto& batch = pass.batch;
  const bool frozen = is_frozen(encoder);
  if (config.needs(TermInput::kInitialEncoder) && !frozen &&
      must_keep_tokens(batch)) {
    const torch::NoGradGuard no_grad;
    pass.initial_tokens = initial_encoder_->forward(batch.pixels);
  }
  const bool caches =
      max_cached_ > 0 && frozen && !config.needs(TermInput::kGlyphPoints);
  if (const auto cached = cached_tokens_.find(batch.index);
      caches && cached != cached_tokens_.end()) {
    pass.vision_tokens = cached->second;
    return;
  }
  pass.patches = encoder.sam->forward(batch.pixels);
  pass.vision_tokens = encoder.compress(pass.patches).tokens;
  if (caches) {
    cached_tokens_.emplace(batch.index, pass.vision_tokens);
    if (std::ssize(cached_tokens_) > max_cached_) {
      cached_tokens_.erase(cached_tokens_.begin());
    }
  }
}

LossFunction::DecoderPages LossFunction::pages_of(
    const torch::Tensor& vision_tokens,
    const BatchTensors& batch) const {
  DecoderPages pages;
  if (!vision_tokens.defined()) {
    return pages;
  }
  pages.sequences =
      loaded_.model
          ->assemble(vision_tokens, /*tile_tokens=*/{}, /*grid=*/{1, 1})
          .unbind(0);
  pages.side = batch.pixels.size(3) / loaded_.config.pixels_per_token();
  pages.points = batch.answer_points;
  add_earlier_pages(pages, batch);
  return pages;
}

void LossFunction::add_earlier_pages(
    DecoderPages& pages,
    const BatchTensors& batch) const {
  if (batch.earlier_pixels.empty()) {
    return;
  }
  std::vector<torch::Tensor> groups; // (B, positions, D) each
  int64_t begin = 0;
  const auto add = [&](const torch::Tensor& group, int64_t side) {
    groups.push_back(group);
    pages.begins.push_back(begin);
    pages.sides.push_back(side);
    begin += group.size(1);
  };
  for (const auto& pixels : batch.earlier_pixels) {
    const auto tokens = loaded_.model->encoder->forward(pixels);
    add(loaded_.model->assemble(tokens, /*tile_tokens=*/{}, /*grid=*/{1, 1}),
        pixels.size(3) / loaded_.config.pixels_per_token());
  }
  add(torch::stack(pages.sequences), pages.side);
  pages.sequences = torch::cat(groups, /*dim=*/1).unbind(0);
}

LossFunction::DecoderPages LossFunction::texts_of(const BatchTensors& batch) {
  const VectorLayout layout{
      .side = loaded_.find_mode(batch.mode).base_size_px /
          loaded_.config.pixels_per_token(),
      .square_px = loaded_.config.pixels_per_token(),
      .cells = kCellsPerSide,
      .squares_per_vector =
          model::token_layout(loaded_.config).squares_per_token};
  DecoderPages pages;
  pages.side = layout.side;
  auto texts = batch.answers;
  for (auto& text : texts) {
    text.pop_back(); // The end id.
  }
  pages.sequences = text_compression::text_sequences(
      loaded_.model, text_compressor_, texts, layout.vectors());
  const auto& config = text_compressor_->options.config();
  if (config.has_fixed_count()) {
    pages.points = points_of_texts(config, batch.answers, layout)
                       .to(batch.pixels.device());
  }
  return pages;
}

void LossFunction::run_decoder(
    ForwardPass& pass,
    const DecoderPages& pages,
    double progress) {
  const auto& batch = pass.batch;
  const auto& aids = pass.aids;
  auto& model = *loaded_.model;
  const bool has_pages =
      !pages.sequences.empty() && pages.sequences.front().size(0) > 0;
  const auto sequences = make_sequences(
      prompts_of(batch, pages),
      batch.answers,
      has_pages ? batch.page_rows : std::vector<int64_t>(),
      batch.pixels.device(),
      batch.given);
  auto embeds = model.decoder->embed(sequences.ids); // (B, T, D)
  if (has_pages) {
    embeds = embeds.flatten(0, 1)
                 .index_copy(
                     0,
                     sequences.page_positions,
                     torch::cat(pages.sequences, /*dim=*/0))
                 .view(embeds.sizes());
  }
  if (aids.any() && progress < aids.until && pages.points.defined()) {
    pass.layout.answer_begin = sequences.answer_begin;
    pass.layout.image_begin = sequences.image_begin;
    pass.layout.side = pages.side;
    pass.layout.points = pages.points;
    if (!pages.begins.empty()) {
      pass.layout.image_begins =
          look_up(pages.begins, batch.answer_pages) + sequences.image_begin;
      pass.layout.sides = look_up(pages.sides, batch.answer_pages);
    }
    pass.probes = heads_.reading->make_probes(
        aids,
        pass.layout,
        static_cast<int64_t>(model.decoder->layers->size()),
        embeds.size(1),
        aids.bias_at(progress),
        embeds.scalar_type());
  }
  const auto hidden = model.decoder->forward(
      embeds,
      /*cache=*/nullptr,
      /*lengths=*/{},
      pass.probes.empty() ? nullptr : &pass.probes,
      sequences.prompt_lengths);
  pass.logits = model.decoder->logits(hidden.flatten(0, 1).index_select(
      0, sequences.predicting_positions)); // (N, V)
  pass.targets = sequences.targets;
}

std::vector<model::Prompt> LossFunction::prompts_of(
    const BatchTensors& batch,
    const DecoderPages& pages) const {
  const auto assemble = [&](const std::string& text, int64_t positions) {
    return model::assemble_prompt(
        loaded_.tokenizer(),
        text,
        positions,
        loaded_.config.language.bos_token_id);
  };
  const auto positions_of = [&](size_t page) {
    return page < pages.sequences.size() ? pages.sequences[page].size(0) : 0;
  };
  std::vector<model::Prompt> prompts;
  for (const auto& text : batch.prompts) {
    // Pages from files have one mode. A prompt of a row without a page has no
    // <image>.
    const bool has_page = text.find(model::kImageToken) != std::string::npos;
    prompts.push_back(assemble(text, has_page ? positions_of(0) : 0));
  }
  if (batch.prompts.empty()) {
    const auto& text = loaded_.config.toolkit.default_prompt;
    const bool same_length = !text_compressor_ ||
        text_compressor_->options.config().has_fixed_count();
    for (size_t row = 0; row < (same_length ? 1 : batch.answers.size());
         ++row) {
      prompts.push_back(assemble(text, positions_of(row)));
    }
  }
  return prompts;
}

} // namespace microfiche::training
