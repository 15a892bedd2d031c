#include "generation/diagnostics.h"
#include "generation/generate.h"

#include "tests/support/parity.h"
#include "tests/support/parity_v2.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

// What DeepSeek-OCR 2 reads from a page, against the official code.

namespace microfiche::generation {
namespace {

std::vector<int64_t> ids_of(const torch::Tensor& ids) {
  const auto flat = ids.flatten().contiguous();
  return {
      flat.const_data_ptr<int64_t>(),
      flat.const_data_ptr<int64_t>() + flat.numel()};
}

class FlowGenerationTest : public ::testing::Test {
 protected:
  /// The prompt of a case: bos, the page, and five ids of text.
  GenerationRequest request_of(const std::string& name) {
    const auto sequence = golden[name + ".sequence"];
    model::Prompt prompt;
    prompt.ids = ids_of(golden[name + ".prompt_ids"]);
    prompt.image_begin = 1;
    prompt.image_positions = sequence.size(0);
    return {loaded.model->embed(prompt, sequence), prompt.ids};
  }

  const torch::InferenceMode inference;
  tests::FlowCases golden{"pages.safetensors"};
  model::LoadedModel loaded = tests::load_parity_v2();
};

TEST_F(FlowGenerationTest, LogitsAndGreedyIdsAreTheReferences) {
  const auto names = golden.cases("greedy_ids");
  ASSERT_GE(names.size(), 3u);
  for (const auto& name : names) {
    const auto expected = ids_of(golden[name + ".greedy_ids"]);

    const auto trace = trace_greedy(
        loaded.model->decoder,
        request_of(name),
        static_cast<int64_t>(expected.size()));

    EXPECT_LT(
        tests::relative_error(trace.logits[0], golden[name + ".last_logits"]),
        1e-4)
        << name;
    EXPECT_EQ(trace.ids, expected) << name;
  }
}

TEST_F(FlowGenerationTest, TheNgramRuleCoversPromptAndAnswer) {
  for (const auto& name : golden.cases("greedy_ids_no_repeat_3")) {
    const auto expected = ids_of(golden[name + ".greedy_ids_no_repeat_3"]);
    GenerationConfig config;
    config.ngram = 3;
    config.loop_repeats = 0;
    config.max_new_tokens = static_cast<int64_t>(expected.size());
    const GenerationRequest requests[] = {request_of(name)};

    const auto results =
        generate(loaded.model->decoder, requests, config, /*eos_token_id=*/-1);

    EXPECT_EQ(results[0].ids, expected) << name;
  }
}

} // namespace
} // namespace microfiche::generation
