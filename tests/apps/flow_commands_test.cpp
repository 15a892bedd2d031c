#include "tests/apps/command_line.h"
#include "tests/apps/lora_training.h"
#include "tests/support/logged_losses.h"

#include "checkpoint/safetensors.h"
#include "core/json.h"
#include "page/image_file.h"
#include "tests/support/parity.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

// The commands with models of the family DeepSeek-OCR 2.

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::Outcome;

/// A folder with a page, a tiny model of the family, and the model of the
/// parity cases.
class FlowCommandsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    models = new tests::TemporaryFolder();
    tests::write_tiny_model(models->path() / "tiny", tests::tiny_flow_config());
    const auto parity = models->path() / "parity";
    std::filesystem::copy(tests::data_path("parity_v2/model"), parity);
    std::filesystem::copy_file(
        tests::byte_tokenizer(), parity / "tokenizer.json");
  }
  static void TearDownTestSuite() {
    delete models;
  }

  FlowCommandsTest() {
    page::write_png(folder.path() / "page.png", tests::noise_page(200, 100, 1));
    write_file(
        folder.path() / "text.txt",
        "It was the best of times, it was the worst of times, it was the age "
        "of wisdom, it was the age of foolishness");
  }

  Outcome run(const std::string& arguments, const char* model = "tiny") const {
    return tests::run_program(
        folder.path(),
        arguments + " --model '" + (models->path() / model).string() + "'");
  }

  /// A tensor of a file in the folder.
  torch::Tensor tensor_of(const std::string& path, const std::string& name)
      const {
    const checkpoint::SafetensorsFile file(folder.path() / path);
    const auto* info = file.find(name);
    TORCH_CHECK(info != nullptr, path, ": no tensor ", name);
    return model::view_tensor({*info, file.bytes(*info)}).clone();
  }

  inline static tests::TemporaryFolder* models = nullptr;
  tests::TemporaryFolder folder;
};

TEST_F(FlowCommandsTest, InspectNamesTheFamilyAndItsParts) {
  const auto outcome = tests::run_program(
      folder.path(),
      "inspect --format json '" + (models->path() / "parity").string() + "'");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = parse_json(outcome.out, "stdout");
  EXPECT_EQ(json["family"], "DeepSeek-OCR 2");
  // Three layers of twelve tensors, the last norm and two tables of queries.
  EXPECT_EQ(json["parts"]["causal flow"]["tensors"], 3 * 12 + 3);
  EXPECT_FALSE(json["parts"].contains("CLIP"));
  EXPECT_THAT(json["modes"], SizeIs(3));
}

TEST_F(FlowCommandsTest, TraceHasTheFlowInPlaceOfClip) {
  const auto page = tests::data_path("parity_v2/page2.png").string();

  const auto outcome =
      run("trace '" + page +
              "' -o trace.safetensors --mode 768 --steps 3 --prompt '<image>'",
          "parity");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto tensor = [&](const std::string& name) {
    return tensor_of("trace.safetensors", name);
  };
  EXPECT_EQ(
      tensor("sam.global").sizes(), (std::vector<int64_t>{1, 96, 12, 12}));
  EXPECT_EQ(tensor("flow.global").sizes(), (std::vector<int64_t>{1, 144, 96}));
  EXPECT_EQ(tensor("sequence").sizes(), (std::vector<int64_t>{145, 64}));
  EXPECT_EQ(tensor("input_ids").sizes(), (std::vector<int64_t>{1 + 145}));
  EXPECT_THROW(tensor("clip.global"), c10::Error);
  // The flow of the map that the trace states, and nothing else before the
  // projector.
  auto loaded = model::load_model(tests::data_path("parity_v2/model"));
  const torch::InferenceMode inference;
  const auto map = tensor("sam.global");
  const auto flow = loaded.model->encoder->second_stage->forward(map);
  EXPECT_LT(tests::relative_error(tensor("flow.global"), flow), 1e-4);
  const auto tokens = loaded.model->encoder->projector->forward(flow);
  EXPECT_LT(tests::relative_error(tensor("tokens.global"), tokens), 1e-4);
  EXPECT_TRUE(torch::equal(
      tensor("sequence").narrow(0, 0, 144), tensor("tokens.global")[0]));
  const tests::ParityFile golden("pages.safetensors", "parity_v2");
  EXPECT_LT(
      tests::relative_error(
          tensor("sequence").slice(0, 0, std::nullopt, 4),
          golden["page2.768.sequence"]),
      1e-4);
}

TEST_F(FlowCommandsTest, TraceOfATiledPageIsFlat) {
  const auto page = tests::data_path("parity_v2/page1.png").string();

  const auto outcome = run(
      "trace '" + page + "' -o trace.safetensors --steps 2 --prompt '<image>'",
      "parity");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto tensor = [&](const std::string& name) {
    return tensor_of("trace.safetensors", name);
  };
  EXPECT_EQ(tensor("flow.tiles").sizes(), (std::vector<int64_t>{2, 144, 96}));
  const auto sequence = tensor("sequence");
  ASSERT_EQ(sequence.sizes(), (std::vector<int64_t>{545, 64}));
  EXPECT_TRUE(torch::equal(
      sequence.narrow(0, 0, 288), tensor("tokens.tiles").flatten(0, 1)));
  EXPECT_TRUE(
      torch::equal(sequence.narrow(0, 288, 256), tensor("tokens.global")[0]));
}

TEST_F(FlowCommandsTest, SavedTokensGiveTheTextOfThePage) {
  const std::string options = " --max-new-tokens 20 --quiet";
  for (const char* mode : {"t9", "tiles"}) {
    const auto encoded =
        run(concat("encode page.png -o out.safetensors --mode ", mode));
    ASSERT_EQ(encoded.exit_code, 0) << encoded.err;

    const auto page = run(concat("read page.png --mode ", mode, options));
    const auto tokens = run("read out.safetensors" + options);

    ASSERT_EQ(page.exit_code, 0) << page.err;
    EXPECT_FALSE(page.out.empty());
    EXPECT_EQ(tokens.out, page.out) << mode;
  }
  // Two tiles of four tokens, nine tokens and the separator.
  EXPECT_EQ(
      tensor_of("out.safetensors", "vision_tokens").sizes(),
      (std::vector<int64_t>{2 * 4 + 9 + 1, 32}));
}

TEST_F(FlowCommandsTest, ReadRefusesAModeOfAnotherFamily) {
  const auto outcome = run("read page.png --mode gundam", "parity");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(
      outcome.err,
      AllOf(
          HasSubstr("no resolution mode named \"gundam\""),
          HasSubstr("expected one of dynamic, base, 768")));
}

TEST_F(FlowCommandsTest, ReadRefusesSeveralPagesInOnePrompt) {
  const auto outcome = run("read page.png page.png --together -o out");

  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("DeepSeek-OCR 2"));
}

TEST_F(FlowCommandsTest, SweepCountsItsTokensAndPositions) {
  write_file(folder.path() / "sweep.json", R"({
    "texts": ["text.txt"], "modes": ["t4", "t9"], "characters_per_token": [3],
    "conditions": {"tokens": ["none", "permute", "no_separator"]},
    "pages_per_cell": 2, "pictures_per_cell": 1,
    "generation": {"max_new_tokens": 8}})");

  const auto outcome = run("sweep sweep.json -o run --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto samples = read_file(folder.path() / "run/samples.jsonl");
  EXPECT_THAT(
      samples,
      AllOf(
          HasSubstr(R"("nominal":9,"valid":9,"positions":10})"),
          HasSubstr(R"("nominal":4,"valid":4,"positions":5})"),
          // Without the separator.
          HasSubstr(R"("nominal":4,"valid":4,"positions":4})")));
}

TEST_F(FlowCommandsTest, SweepRefusesConditionsThatHaveNothingToChange) {
  for (const auto& [condition, words] :
       std::vector<std::pair<std::string, std::string>>{
           {"zero_clip", "has one tower before the projector"},
           {"zero_sam", "has one tower before the projector"},
           {"no_newlines", "have no newlines"}}) {
    write_file(
        folder.path() / "sweep.json",
        R"({"texts": ["text.txt"], "modes": ["t4"],
            "characters_per_token": [3], "pages_per_cell": 1,
            "conditions": {"tokens": [")" +
            condition + "\"]}}");

    const auto outcome = run("sweep sweep.json -o run --quiet");

    EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(words));
  }
}

TEST_F(FlowCommandsTest, SweepRefusesAModeWithoutQueries) {
  write_file(folder.path() / "sweep.json", R"({
    "texts": ["text.txt"], "modes": ["large"], "characters_per_token": [3],
    "own_modes": [{"name": "large", "base_size_px": 128}],
    "pages_per_cell": 1})");

  const auto outcome = run("sweep sweep.json -o run --quiet");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(
      outcome.err, HasSubstr("queries for views of 64 or 96 px, got 128 px"));
}

TEST_F(FlowCommandsTest, LoraTrainsTheFlowAndMerges) {
  tests::write_lora_training(
      folder.path(),
      models->path() / "tiny",
      {"encoder.flow.layers.*.attention.*_proj",
       "decoder.layers.*.attention.*_proj",
       "decoder.lm_head"});

  const auto trained =
      tests::run_program(folder.path(), "train train.json -o run --quiet");

  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto losses = tests::logged_losses(folder.path() / "run");
  ASSERT_THAT(losses, SizeIs(30));
  EXPECT_LT(losses.rbegin()->second, 0.5 * losses.begin()->second);
  const auto b = tensor_of(
      "run/adapter/adapter_model.safetensors",
      "base_model.model.model.qwen2_model.model.model.layers.1.self_attn."
      "v_proj.lora_B.weight");
  EXPECT_GT(b.abs().max().item<double>(), 0);

  const auto encode = [&](const std::string& name, const std::string& more) {
    return run("encode page.png -o " + name + ".safetensors" + more);
  };
  const auto plain = encode("plain", "");
  const auto adapted = encode("adapted", " --adapter run/adapter");
  const auto merged = run("merge run/adapter -o merged");
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  ASSERT_EQ(adapted.exit_code, 0) << adapted.err;
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  const auto again = tests::run_program(
      folder.path(), "encode page.png -o merged.safetensors --model merged");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  const auto tokens = [&](const std::string& name) {
    return tensor_of(name + ".safetensors", "vision_tokens");
  };
  EXPECT_TRUE(torch::equal(tokens("merged"), tokens("adapted")));
  EXPECT_FALSE(torch::allclose(tokens("plain"), tokens("adapted"), 0.1, 0.1));
}

TEST_F(FlowCommandsTest, Int8RoundsTheFlowAndReads) {
  ASSERT_EQ(run("quantize -o int8").exit_code, 0);
  const checkpoint::SafetensorsFile file(
      folder.path() / "int8/model.safetensors");
  const std::string layer = "model.qwen2_model.model.model.layers.0.";
  EXPECT_EQ(
      file.find(layer + "self_attn.k_proj.weight")->dtype,
      checkpoint::Dtype::kI8);
  EXPECT_EQ(
      file.find("model.qwen2_model.query_64.weight")->dtype,
      checkpoint::Dtype::kF32);

  const auto exact = run("encode page.png -o exact.safetensors --mode t9");
  const auto rounded = tests::run_program(
      folder.path(),
      "encode page.png -o rounded.safetensors --mode t9 --model int8");

  ASSERT_EQ(exact.exit_code, 0) << exact.err;
  ASSERT_EQ(rounded.exit_code, 0) << rounded.err;
  const auto similarity = torch::cosine_similarity(
      tensor_of("exact.safetensors", "vision_tokens").flatten(),
      tensor_of("rounded.safetensors", "vision_tokens").flatten(),
      /*dim=*/0);
  EXPECT_GT(similarity.item<double>(), 0.99);
  EXPECT_LT(similarity.item<double>(), 0.999999);
}

TEST_F(FlowCommandsTest, FewerQueriesGiveFewerTokens) {
  // A vision token for every two of the compressor's 2 x 2 tokens.
  auto config = tests::tiny_flow_config();
  auto& flow = config["vision_config"]["width"]["qwen2-0-5b"];
  flow["squares_per_query"] = 2;
  flow["view_sides_px"] = {64};
  config["microfiche"]["modes"] = {
      {{"name", "t4"}, {"base_size_px", 64}, {"fit", "stretch"}}};
  tests::write_tiny_model(folder.path() / "fewer", config);
  const auto run_fewer = [&](const std::string& arguments) {
    return tests::run_program(folder.path(), arguments + " --quiet");
  };

  const auto encoded =
      run_fewer("encode page.png -o out.safetensors --model fewer");
  ASSERT_EQ(encoded.exit_code, 0) << encoded.err;
  EXPECT_EQ(
      tensor_of("out.safetensors", "vision_tokens").sizes(),
      (std::vector<int64_t>{2 + 1, 32}));

  write_file(folder.path() / "sweep.json", R"({
    "texts": ["text.txt"], "modes": ["t4"], "characters_per_token": [3],
    "pages_per_cell": 2, "generation": {"max_new_tokens": 8}})");
  const auto swept = run_fewer("sweep sweep.json -o run --model fewer");
  ASSERT_EQ(swept.exit_code, 0) << swept.err;
  EXPECT_THAT(
      read_file(folder.path() / "run/samples.jsonl"),
      HasSubstr(R"("nominal":2,"valid":2,"positions":3})"));

  write_file(folder.path() / "train.json", R"({
    "model": "fewer", "from_weights": true, "corpus": ["text.txt"], "held_out": ["text.txt"],
    "stages": [{
      "name": "all", "steps": 4,
      "pages": {"modes": {"t4": 1}, "texts": {"corpus": 1},
                "characters_per_token": [2, 3]},
      "batch": {"characters": 30, "points_per_page": 8},
      "losses": {"reading": 1, "glyph": 1, "patch_glyph": 1},
      "aids": {"location": 1, "attention": 1, "attention_bias": 4},
      "rates": [{"match": "*", "adam": 0.01}]}],
    "log_every": 1})");
  const auto trained = run_fewer("train train.json -o trained");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto log = read_file(folder.path() / "trained/metrics.jsonl");
  const auto first = parse_json(log.substr(0, log.find('\n')), "metrics.jsonl");
  EXPECT_GT(first["aids_loss"], 0);
  EXPECT_GT(first["glyph_loss"], 0);
  const auto queries = [&](const std::string& model) {
    return tensor_of(
        model + "/model.safetensors", "model.qwen2_model.query_64.weight");
  };
  ASSERT_EQ(queries("trained/model").sizes(), (std::vector<int64_t>{2, 24}));
  EXPECT_GT(
      (queries("trained/model").to(torch::kFloat32) - queries("fewer"))
          .abs()
          .max()
          .item<double>(),
      0.02);
}

TEST_F(FlowCommandsTest, BenchTimesEveryStage) {
  const auto outcome =
      run("bench --mode t9 --steps 2 --repeat 1 --threads 1 --format json "
          "--quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(parse_json(outcome.out, "stdout"), SizeIs(3));
}

} // namespace
} // namespace microfiche
