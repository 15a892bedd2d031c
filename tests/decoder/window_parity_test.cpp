#include "decoder/decode_team.h"
#include "decoder/decoder.h"

#include "model/checkpoint_names.h"
#include "model/model_config.h"
#include "model/optical_model.h"
#include "tests/support/parity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

// Cases of Unlimited-OCR's own code; see tests/oracles/make_window_cases.

namespace microfiche::decoder {
namespace {

constexpr const char* kUnlimited = "parity_unlimited";

/// Every how many rows the file keeps logits.
constexpr int64_t kKeptEvery = 4;

class WindowParityTest : public ::testing::TestWithParam<std::string> {
 protected:
  WindowParityTest() : file_("decoder.safetensors", kUnlimited) {}

  void SetUp() override {
    window = golden("window").item<int64_t>();
    prompt = golden("prompt"); // (1, L)
    forced = golden("forced"); // (1, T)
    const auto config = model::load_model_config(
        tests::data_path("parity_unlimited/model/config.json"));
    decoder =
        Decoder(model::optical_model_options(config).decoder().window(window));
    const tests::ParityFile weights("model/model.safetensors", kUnlimited);
    const torch::NoGradGuard no_grad;
    for (auto& parameter : decoder->named_parameters()) {
      parameter.value().copy_(
          weights[model::published_name("decoder." + parameter.key())]);
    }
    decoder->eval();
  }

  torch::Tensor golden(const std::string& name) const {
    return file_[GetParam() + "." + name];
  }

  int64_t prompt_length() const {
    return prompt.size(1);
  }

  /// A cache with room for the prompt and the window only.
  KvCache make_cache() {
    auto cache = decoder->make_cache(1, prompt_length() + window);
    cache.set_prompt_lengths({prompt_length()});
    return cache;
  }

  /// Expects the logits after the prompt and after each forced id, (T + 1, V).
  void expect_golden(const torch::Tensor& logits) const {
    const auto kept = logits.slice(0, 0, std::nullopt, kKeptEvery);
    EXPECT_LT(tests::relative_error(kept, golden("logits")[0]), 1e-4);
    EXPECT_TRUE(torch::equal(logits.argmax(-1), golden("largest")[0]));
  }

  int64_t window = 0;
  torch::Tensor prompt;
  torch::Tensor forced;
  Decoder decoder{nullptr};

 private:
  tests::ParityFile file_;
};

TEST_P(WindowParityTest, TeacherForcingMatchesTheReference) {
  const torch::InferenceMode inference;

  const auto hidden = decoder->forward(
      decoder->embed(torch::cat({prompt, forced}, /*dim=*/1)),
      /*cache=*/nullptr,
      /*lengths=*/{},
      /*probes=*/nullptr,
      {prompt_length()});

  expect_golden(decoder->logits(hidden[0].slice(0, prompt_length() - 1)));
}

TEST_P(WindowParityTest, DecodingOverARingMatchesTheReference) {
  const torch::InferenceMode inference;
  auto cache = make_cache();
  auto hidden = decoder->forward(decoder->embed(prompt), &cache);
  std::vector<torch::Tensor> logits = {decoder->logits(hidden[0][-1])};
  for (int64_t step = 0; step < forced.size(1); ++step) {
    hidden =
        decoder->forward(decoder->embed(forced.narrow(1, step, 1)), &cache);
    logits.push_back(decoder->logits(hidden[0][0]));
  }

  expect_golden(torch::stack(logits));
}

TEST_P(WindowParityTest, TheDecodeTeamMatchesTheReference) {
  const torch::InferenceMode inference;
  auto cache = make_cache();
  const auto hidden = decoder->forward(decoder->embed(prompt), &cache);
  std::vector<torch::Tensor> logits = {decoder->logits(hidden[0][-1])};
  DecodeTeam team(decoder, cache);
  for (int64_t step = 0; step < forced.size(1); ++step) {
    logits.push_back(
        team.run(forced.narrow(1, step, 1).contiguous(), cache)[0]);
  }

  expect_golden(torch::stack(logits));
}

// Pieces end inside the prompt, at its end and across the ring, and the last id
// of the prompt comes alone.
TEST_P(WindowParityTest, PiecesOfAnySizeMatchTheReference) {
  const torch::InferenceMode inference;
  const auto ids = torch::cat({prompt, forced}, /*dim=*/1);
  const int64_t length = prompt_length();
  for (const int64_t size : {int64_t{1}, int64_t{3}, length - 1, length + 2}) {
    auto cache = make_cache();
    std::vector<torch::Tensor> hidden;
    for (const auto& piece : ids.split(size, /*dim=*/1)) {
      hidden.push_back(decoder->forward(decoder->embed(piece), &cache)[0]);
    }
    expect_golden(decoder->logits(torch::cat(hidden).slice(0, length - 1)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    WindowParityTest,
    ::testing::Values("w2", "w8.short", "w8.long", "w128"),
    [](const auto& test_case) {
      std::string name = test_case.param;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

} // namespace
} // namespace microfiche::decoder
