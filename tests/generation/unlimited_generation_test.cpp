#include "generation/diagnostics.h"
#include "generation/generate.h"

#include "tests/support/parity.h"
#include "tests/support/parity_v2.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

// What Unlimited-OCR reads from one page and from several in one prompt, from
// their vision tokens on, against the official code; see
// tests/oracles/make_window_cases.

namespace microfiche::generation {
namespace {

class UnlimitedGenerationTest : public ::testing::Test {
 protected:
  torch::Tensor golden(const std::string& name) const {
    return file_[name];
  }

  std::vector<int64_t> golden_ids(const std::string& name) const {
    const auto ids = golden(name).flatten().contiguous();
    return {
        ids.const_data_ptr<int64_t>(),
        ids.const_data_ptr<int64_t>() + ids.numel()};
  }

  /// The prompt of a case: bos, the positions of the pages, and text.
  GenerationRequest request_of(const std::string& name) {
    const std::string pages =
        name == "three_pages_ngram" ? "three_pages" : name;
    const auto sequence = golden(pages + ".sequence");
    model::Prompt prompt;
    prompt.ids = golden_ids(name + ".input_ids");
    prompt.image_begin = 1;
    prompt.image_positions = sequence.size(0);
    return {loaded.model->embed(prompt, sequence), prompt.ids};
  }

  const torch::InferenceMode inference;
  model::LoadedModel loaded =
      tests::load_partial_model(tests::data_path("parity_unlimited/model"));

 private:
  tests::ParityFile file_{"readings.safetensors", "parity_unlimited"};
};

TEST_F(UnlimitedGenerationTest, LogitsAndGreedyIdsAreTheReferences) {
  for (const std::string name :
       {"single_base",
        "single_gundam",
        "single_gundam_untiled",
        "three_pages"}) {
    const auto expected = golden_ids(name + ".generated_ids");

    const auto trace = trace_greedy(
        loaded.model->decoder,
        request_of(name),
        static_cast<int64_t>(expected.size()));

    EXPECT_EQ(trace.ids, expected) << name;
    EXPECT_LT(
        tests::relative_error(
            trace.logits.index_select(0, golden(name + ".logit_steps")),
            golden(name + ".logits")),
        1e-4)
        << name;
  }
}

TEST_F(UnlimitedGenerationTest, TheNgramRuleCoversTheLastIdsOfPromptAndAnswer) {
  const auto expected = golden_ids("three_pages_ngram.generated_ids");
  GenerationConfig config;
  config.ngram = 3;
  config.ngram_window = 40;
  config.ngram_over_prompt = true;
  config.loop_repeats = 0;
  config.max_new_tokens = static_cast<int64_t>(expected.size());
  const GenerationRequest requests[] = {request_of("three_pages_ngram")};

  const auto results =
      generate(loaded.model->decoder, requests, config, /*eos_token_id=*/-1);

  EXPECT_EQ(results[0].ids, expected);
  // The rule changes the answer.
  EXPECT_NE(golden_ids("three_pages.generated_ids"), expected);
}

} // namespace
} // namespace microfiche::generation
