#include "generation/diagnostics.h"
#include "generation/generate.h"

#include "page/image_file.h"
#include "page/page_views.h"
#include "tests/support/parity.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

// What DeepSeek-OCR 2 reads from the pixels of a page, against the official
// code; see tests/oracles/make_flow_cases.

namespace microfiche::generation {
namespace {

/// A case is a page and a mode, for example page0.dynamic.
class FlowGenerationTest : public ::testing::TestWithParam<std::string> {
 protected:
  /// The vision tokens of the page, as the decoder receives them.
  torch::Tensor encode() {
    const auto dot = GetParam().find('.');
    const auto mode = loaded.find_mode(GetParam().substr(dot + 1));
    const page::PageViews views[] = {page::make_views(
        page::read_image(tests::data_path(
            "parity_v2/" + GetParam().substr(0, dot) + ".png")),
        mode)};
    return loaded.model->encode(views, mode).front().sequence;
  }

  /// The prompt of the case: bos, the page, and five ids of text.
  GenerationRequest make_request(const torch::Tensor& sequence) {
    model::Prompt prompt;
    prompt.ids = golden.ids(GetParam() + ".prompt_ids");
    prompt.image_begin = 1;
    prompt.image_positions = sequence.size(0);
    return {loaded.model->embed(prompt, sequence), prompt.ids};
  }

  const torch::InferenceMode inference;
  tests::ParityFile golden{"pages.safetensors", "parity_v2"};
  model::LoadedModel loaded =
      model::load_model(tests::data_path("parity_v2/model"));
};

TEST_P(FlowGenerationTest, TokensLogitsAndIdsAreTheReferences) {
  const auto expected = golden.ids(GetParam() + ".greedy_ids");

  const auto sequence = encode();
  const auto request = make_request(sequence);
  const auto trace = trace_greedy(
      loaded.model->decoder, request, static_cast<int64_t>(expected.size()));

  EXPECT_LT(
      tests::relative_error(
          sequence.slice(/*dim=*/0, 0, std::nullopt, /*step=*/4),
          golden[GetParam() + ".sequence"]),
      1e-4);
  EXPECT_LT(
      tests::relative_error(
          trace.logits[0], golden[GetParam() + ".last_logits"]),
      1e-4);
  EXPECT_EQ(trace.ids, expected);

  // The n-gram rule covers prompt and answer.
  const auto without_repeats =
      golden.ids(GetParam() + ".greedy_ids_no_repeat_3");
  GenerationConfig config;
  config.ngram = 3;
  config.loop_repeats = 0;
  config.max_new_tokens = static_cast<int64_t>(without_repeats.size());
  const GenerationRequest requests[] = {request};
  EXPECT_EQ(
      generate(loaded.model->decoder, requests, config, /*eos_token_id=*/-1)[0]
          .ids,
      without_repeats);
}

INSTANTIATE_TEST_SUITE_P(
    Pages,
    FlowGenerationTest,
    ::testing::ValuesIn(
        tests::ParityFile("pages.safetensors", "parity_v2").cases("sequence")),
    [](const auto& test) {
      auto name = test.param;
      name[name.find('.')] = '_';
      return name;
    });

// Three pages in three modes.
TEST(FlowGenerationCasesTest, AllAreThere) {
  EXPECT_EQ(
      tests::ParityFile("pages.safetensors", "parity_v2")
          .cases("sequence")
          .size(),
      9u);
}

} // namespace
} // namespace microfiche::generation
