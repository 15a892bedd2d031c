#include "tests/apps/model_commands.h"

#include "checkpoint/safetensors.h"
#include "core/files.h"
#include "model/adapter.h"
#include "model/state_dict.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

// The commands encode, quantize, merge, trace, inspect and bench.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::ModelCommandsTest;

torch::Tensor tensor_of(
    const checkpoint::SafetensorsFile& file,
    const std::string& name) {
  const auto* info = file.find(name);
  TORCH_CHECK(info != nullptr, file.path().string(), ": no tensor ", name);
  return model::view_tensor({*info, file.bytes(*info)}).clone();
}

/// Within 1e-4 of the largest absolute value, as in the parity cases.
void expect_close(const torch::Tensor& actual, const torch::Tensor& expected) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  const double largest = expected.abs().max().item<double>();
  EXPECT_LE((actual - expected).abs().max().item<double>(), 1e-4 * largest);
}

TEST_F(ModelCommandsTest, EncodeWritesTokensAndMetadata) {
  const auto outcome =
      run("encode page.png -o out.safetensors --mode tiles --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  const checkpoint::SafetensorsFile file(folder.path() / "out.safetensors");
  EXPECT_EQ(
      tensor_of(file, "vision_tokens").sizes(), (std::vector<int64_t>{23, 32}));
  EXPECT_EQ(file.metadata().at("mode"), "tiles");
  EXPECT_EQ(file.metadata().at("image_size"), "200x100");
  EXPECT_EQ(file.metadata().at("tiles"), "2x1");
  EXPECT_EQ(file.metadata().at("nominal"), "17");
  EXPECT_EQ(file.metadata().at("positions"), "23");
  EXPECT_EQ(file.metadata().at("model_hash").size(), 64u);
}

TEST_F(ModelCommandsTest, EncodeRendersAText) {
  write_file(folder.path() / "text.txt", "Ink");

  const auto outcome = run("encode text.txt -o out.safetensors --mode t9");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const checkpoint::SafetensorsFile file(folder.path() / "out.safetensors");
  EXPECT_EQ(file.metadata().at("image_size"), "96x96");
}

TEST_F(ModelCommandsTest, EncodeNeedsNoTokenizer) {
  const auto outcome = tests::run_program(
      folder.path(),
      "encode page.png -o out.safetensors --mode tiny --model '" +
          tests::parity_model().string() + "'");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const checkpoint::SafetensorsFile file(folder.path() / "out.safetensors");
  EXPECT_EQ(
      tensor_of(file, "vision_tokens").sizes(), (std::vector<int64_t>{73, 64}));
}

TEST_F(ModelCommandsTest, QuantizeRefusesAFolderWithAConfig) {
  std::filesystem::create_directory(folder.path() / "sharded");
  write_file(folder.path() / "sharded/config.json", "{}");

  const auto outcome = run("quantize -o sharded");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("already holds a model"));
}

TEST_F(ModelCommandsTest, InspectRefusesTheFolderOfARun) {
  std::filesystem::create_directory(folder.path() / "run");
  write_file(folder.path() / "run/config.json", R"({"modes": ["nano-9"]})");

  const auto outcome = tests::run_program(folder.path(), "inspect run");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("not the config of a model; it has no "));
}

TEST_F(ModelCommandsTest, QuantizeWritesAFolderThatReads) {
  const auto quantized = run("quantize -o int8");
  const auto again = run("quantize -o int8");

  ASSERT_EQ(quantized.exit_code, 0) << quantized.err;
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("already holds a model"));
  const checkpoint::SafetensorsFile file(
      folder.path() / "int8/model.safetensors");
  EXPECT_EQ(file.find("lm_head.weight")->dtype, checkpoint::Dtype::kI8);
  EXPECT_EQ(file.find("lm_head.weight_scale")->dtype, checkpoint::Dtype::kF32);
  EXPECT_EQ(
      file.find("model.embed_tokens.weight")->dtype, checkpoint::Dtype::kF32);
  const auto inspected = tests::run_program(folder.path(), "inspect int8");
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
}

TEST_F(ModelCommandsTest, QuantizeWritesAnInt4FolderThatReads) {
  const auto quantized =
      run("quantize --dtype int4 --threads 1 -o int4 "
          "--keep 'model.layers.0.self_attn.*'");

  ASSERT_EQ(quantized.exit_code, 0) << quantized.err;
  const checkpoint::SafetensorsFile file(
      folder.path() / "int4/model.safetensors");
  EXPECT_EQ(file.find("lm_head.weight_packed")->dtype, checkpoint::Dtype::kI32);
  EXPECT_EQ(file.find("lm_head.weight_scale")->dtype, checkpoint::Dtype::kBF16);
  EXPECT_EQ(
      file.find("model.layers.0.self_attn.q_proj.weight")->dtype,
      checkpoint::Dtype::kF32);
  const auto read = tests::run_program(
      folder.path(), "read page.png --model int4 --max-new-tokens 4");
  EXPECT_EQ(read.exit_code, 0) << read.err;
  const auto again =
      tests::run_program(folder.path(), "quantize --model int4 -o again");
  EXPECT_EQ(again.exit_code, 3);
  EXPECT_THAT(again.err, HasSubstr("its weights are int4 already"));
  const auto unused = run("quantize --zero-points -o again");
  EXPECT_EQ(unused.exit_code, 2);
  EXPECT_THAT(unused.err, HasSubstr("need --dtype int4"));
}

TEST_F(ModelCommandsTest, MergeGivesTheSameModelAsTheAdapter) {
  auto tiny = tests::make_tiny_model();
  model::AdapterConfig config;
  config.targets = {"*.v_proj", "encoder.projector.linear"};
  model::add_adapter(tiny.model, config);
  {
    const torch::NoGradGuard no_grad;
    tiny.model->encoder->projector->linear->lora()->b.normal_(0, 0.3);
  }
  model::save_adapter(tiny.model, config, folder.path() / "adapter", "tiny");

  const auto merged = run("merge adapter --threads 1 -o merged");
  const auto plain = run("encode page.png -o plain.safetensors");
  const auto adapted =
      run("encode page.png -o adapted.safetensors --adapter adapter");
  const auto reencoded = tests::run_program(
      folder.path(), "encode page.png -o merged.safetensors --model merged");

  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  ASSERT_EQ(adapted.exit_code, 0) << adapted.err;
  ASSERT_EQ(reencoded.exit_code, 0) << reencoded.err;
  const auto tokens = [&](const std::string& name) {
    const checkpoint::SafetensorsFile file(
        folder.path() / (name + ".safetensors"));
    return tensor_of(file, "vision_tokens");
  };
  EXPECT_TRUE(torch::equal(tokens("merged"), tokens("adapted")));
  EXPECT_FALSE(torch::allclose(tokens("plain"), tokens("adapted"), 0.1, 0.1));
  EXPECT_EQ(run("merge adapter -o merged").exit_code, 2);
  EXPECT_EQ(run("merge no-such-folder -o other").exit_code, 3);
}

TEST_F(ModelCommandsTest, EncodeTakesOnePageOfAPdf) {
  write_file(folder.path() / "three.pdf", tests::three_pages());

  const auto none = run("encode three.pdf -o out.safetensors");
  const auto second = run("encode three.pdf --page 2 -o out.safetensors");

  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("has 3 pages"));
  ASSERT_EQ(second.exit_code, 0) << second.err;
  const checkpoint::SafetensorsFile file(folder.path() / "out.safetensors");
  EXPECT_EQ(file.metadata().at("image_size"), "200x100");
}

TEST_F(ModelCommandsTest, TraceMatchesTheReferenceEncoder) {
  const checkpoint::SafetensorsFile golden(
      tests::data_path("parity/encoder.safetensors"));
  const auto page = tests::data_path("parity/images/512.png").string();

  const auto outcome = tests::run_program(
      folder.path(),
      "trace '" + page +
          "' -o trace.safetensors --mode tiny --steps 3 --model '" +
          tests::parity_model().string() + "'");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("so the prompt is <image>"));
  const checkpoint::SafetensorsFile trace(folder.path() / "trace.safetensors");
  expect_close(tensor_of(trace, "sam.global"), tensor_of(golden, "sam.512"));
  expect_close(tensor_of(trace, "clip.global"), tensor_of(golden, "clip.512"));
  expect_close(
      tensor_of(trace, "tokens.global"), tensor_of(golden, "tokens.512"));
  EXPECT_EQ(tensor_of(trace, "logits").sizes(), (std::vector<int64_t>{3, 640}));
}

TEST_F(ModelCommandsTest, TraceHasEveryStageOfATiledPage) {
  const auto outcome =
      run("trace page.png -o trace.safetensors --mode tiles --steps 5 "
          "--prompt '<image>\nFree OCR.'");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const checkpoint::SafetensorsFile trace(folder.path() / "trace.safetensors");
  const std::vector<std::pair<std::string, std::vector<int64_t>>> expected = {
      {"pixels.global", {1, 3, 96, 96}},
      {"pixels.tiles", {2, 3, 64, 64}},
      {"sam.global", {1, 24, 3, 3}},
      {"sam.tiles", {2, 24, 2, 2}},
      {"clip.global", {1, 9, 24}},
      {"clip.tiles", {2, 4, 24}},
      {"tokens.global", {1, 9, 32}},
      {"tokens.tiles", {2, 4, 32}},
      {"sequence", {23, 32}},
      {"input_ids", {1 + 23 + 10}},
      {"logits", {5, 260}},
      {"generated_ids", {5}}};
  EXPECT_EQ(trace.tensors().size(), expected.size());
  for (const auto& [name, shape] : expected) {
    EXPECT_EQ(tensor_of(trace, name).sizes(), shape) << name;
  }
}

TEST_F(ModelCommandsTest, TraceHasNoTileKeysWithoutTiles) {
  ASSERT_EQ(run("trace page.png -o trace.safetensors --mode t4").exit_code, 0);

  const checkpoint::SafetensorsFile trace(folder.path() / "trace.safetensors");
  EXPECT_EQ(trace.find("sam.tiles"), nullptr);
  EXPECT_EQ(trace.find("pixels.tiles"), nullptr);
}

TEST_F(ModelCommandsTest, TraceRefusesAPromptWithoutATokenizer) {
  const auto outcome = tests::run_program(
      folder.path(),
      "trace page.png -o trace.safetensors --mode tiny "
      "--prompt '<image>\nFree OCR.' --model '" +
          tests::parity_model().string() + "'");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("there is no tokenizer.json"));
}

TEST_F(ModelCommandsTest, InspectPrintsTablesOrJson) {
  const std::string model = " '" + tests::nano_model().string() + "'";

  const auto table = tests::run_program(folder.path(), "inspect" + model);
  const auto json =
      tests::run_program(folder.path(), "inspect --format json" + model);

  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("nano-36 (not trained)"));
  EXPECT_THAT(table.out, ::testing::Not(HasSubstr("nano-9 (not trained)")));
  EXPECT_EQ(parse_json(json.out, "stdout")["kind"], "model folder");
}

TEST_F(ModelCommandsTest, CommandsOfOnePageWarnAboutAModeWithoutTraining) {
  for (const char* command : {"encode", "trace --steps 1"}) {
    const auto outcome = tests::run_program(
        folder.path(),
        concat(command, " page.png -o out.safetensors --mode nano-16 --quiet"));

    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("was not trained in mode nano-16"));
  }
}

TEST_F(ModelCommandsTest, InspectRecognisesVisionTokens) {
  ASSERT_EQ(run("encode page.png -o out.safetensors --mode t4").exit_code, 0);

  const auto outcome = tests::run_program(
      folder.path(), "inspect out.safetensors --format json");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = parse_json(outcome.out, "stdout");
  EXPECT_EQ(json["kind"], "vision tokens");
  EXPECT_EQ(json["metadata"]["mode"], "t4");
}

TEST_F(ModelCommandsTest, BenchListsTheChosenStages) {
  const auto outcome =
      run("bench --what encode,decode --mode t4 --batch 2 --steps 3 "
          "--repeat 2 --threads 1 --format json --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = parse_json(outcome.out, "stdout");
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["what"], "encode");
  EXPECT_EQ(json[1]["what"], "decode");
  for (const auto& result : json) {
    EXPECT_EQ(result["mode"], "t4");
    EXPECT_EQ(result["batch"], 2);
    EXPECT_EQ(result["dtype"], "f32");
    EXPECT_EQ(result["threads"], 1);
    EXPECT_LE(result["seconds"]["min"], result["seconds"]["median"]);
    EXPECT_LE(result["seconds"]["median"], result["seconds"]["max"]);
    EXPECT_GT(result["tokens_per_second"], 0);
    EXPECT_GT(result["peak_memory_bytes"], 1 << 20);
  }
}

} // namespace
} // namespace microfiche
