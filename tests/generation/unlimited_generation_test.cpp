#include "generation/diagnostics.h"
#include "generation/generate.h"

#include "page/image_file.h"
#include "page/page_views.h"
#include "tests/support/parity.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

// What Unlimited-OCR reads from the pixels of one page and of several in one
// prompt, against the official code; see tests/oracles/make_window_cases.

namespace microfiche::generation {
namespace {

class UnlimitedGenerationTest : public ::testing::Test {
 protected:
  /// The vision tokens of pages, one after another.
  torch::Tensor encode(
      const std::vector<std::string>& pages,
      const std::string& mode_name) {
    const auto mode = loaded.find_mode(mode_name);
    std::vector<torch::Tensor> sequences;
    for (const auto& page : pages) {
      const page::PageViews views[] = {page::make_views(
          page::read_image(
              tests::data_path("parity_unlimited/pages/" + page + ".png")),
          mode)};
      sequences.push_back(loaded.model->encode(views, mode).front().sequence);
    }
    return torch::cat(sequences);
  }

  /// The prompt of a case: bos, the positions of the pages, and text.
  GenerationRequest make_request(
      const std::string& name,
      const torch::Tensor& sequence) {
    model::Prompt prompt;
    prompt.ids = golden.ids(name + ".input_ids");
    prompt.image_begin = 1;
    prompt.image_positions = sequence.size(0);
    return {loaded.model->embed(prompt, sequence), prompt.ids};
  }

  const torch::InferenceMode inference;
  tests::ParityFile golden{"readings.safetensors", "parity_unlimited"};
  model::LoadedModel loaded =
      model::load_model(tests::data_path("parity_unlimited/model"));
};

struct Reading {
  std::string name;
  std::vector<std::string> pages;
  std::string mode;
};

class UnlimitedReadingTest : public UnlimitedGenerationTest,
                             public ::testing::WithParamInterface<Reading> {};

TEST_P(UnlimitedReadingTest, TokensLogitsAndIdsAreTheReferences) {
  const auto& [name, pages, mode] = GetParam();
  const auto expected = golden.ids(name + ".generated_ids");

  const auto sequence = encode(pages, mode);
  const auto trace = trace_greedy(
      loaded.model->decoder,
      make_request(name, sequence),
      static_cast<int64_t>(expected.size()));

  EXPECT_LT(
      tests::relative_error(
          sequence.slice(/*dim=*/0, 0, std::nullopt, /*step=*/4),
          golden[name + ".sequence"]),
      1e-4);
  EXPECT_EQ(trace.ids, expected);
  EXPECT_LT(
      tests::relative_error(
          trace.logits.index_select(0, golden[name + ".logit_steps"]),
          golden[name + ".logits"]),
      1e-4);
}

INSTANTIATE_TEST_SUITE_P(
    Pages,
    UnlimitedReadingTest,
    ::testing::Values(
        Reading{"single_base", {"page1"}, "base"},
        Reading{"single_gundam", {"page1"}, "gundam"},
        Reading{"single_gundam_untiled", {"page0"}, "gundam"},
        Reading{"three_pages", {"page0", "page1", "page2"}, "base"}),
    [](const auto& test) { return test.param.name; });

TEST_F(UnlimitedGenerationTest, TheNgramRuleCoversTheLastIdsOfPromptAndAnswer) {
  const auto expected = golden.ids("three_pages_ngram.generated_ids");
  GenerationConfig config;
  config.ngram = 3;
  config.ngram_window = 40;
  config.ngram_over_prompt = true;
  config.loop_repeats = 0;
  config.max_new_tokens = static_cast<int64_t>(expected.size());
  const GenerationRequest requests[] = {make_request(
      "three_pages_ngram", encode({"page0", "page1", "page2"}, "base"))};

  const auto results =
      generate(loaded.model->decoder, requests, config, /*eos_token_id=*/-1);

  EXPECT_EQ(results[0].ids, expected);
  // The rule changes the answer.
  EXPECT_NE(golden.ids("three_pages.generated_ids"), expected);
}

} // namespace
} // namespace microfiche::generation
