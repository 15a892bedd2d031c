#include "tests/apps/command_line.h"

#include "checkpoint/safetensors.h"
#include "core/files.h"
#include "core/json.h"
#include "model/state_dict.h"
#include "model/vision_token_file.h"
#include "page/image_file.h"
#include "tests/support/pdf.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

// encode, read, trace, inspect and bench from the outside.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::Outcome;

torch::Tensor tensor_of(
    const checkpoint::SafetensorsFile& file,
    const std::string& name) {
  const auto* info = file.find(name);
  TORCH_CHECK(info != nullptr, file.path().string(), ": no tensor ", name);
  return model::view_tensor({*info, file.bytes(*info)}).clone();
}

/// Within 1e-4 of the largest absolute value, as the parity cases ask for.
void expect_close(const torch::Tensor& actual, const torch::Tensor& expected) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  const double largest = expected.abs().max().item<double>();
  EXPECT_LE((actual - expected).abs().max().item<double>(), 1e-4 * largest);
}

class ModelCommandsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    model_folder = new tests::TemporaryFolder();
    auto tiny = tests::make_tiny_model();
    {
      // Without an end token an answer ends where the positions do, on every
      // machine: pages of more vision tokens end first.
      const torch::NoGradGuard no_grad;
      tiny.model->decoder->lm_head->weight[tiny.config.language.eos_token_id]
          .zero_();
    }
    model::save_model(
        tiny, model_folder->path(), torch::kFloat32, tests::byte_tokenizer());
  }
  static void TearDownTestSuite() {
    delete model_folder;
  }

  ModelCommandsTest() {
    page::write_png(folder.path() / "page.png", tests::noise_page(200, 100, 1));
  }

  Outcome run(const std::string& arguments) const {
    return tests::run_program(
        folder.path(),
        arguments + " --model '" + model_folder->path().string() + "'");
  }

  Json read_json(const std::string& file) const {
    return read_json_file(folder.path() / file);
  }

  static tests::TemporaryFolder* model_folder;
  tests::TemporaryFolder folder;
};

tests::TemporaryFolder* ModelCommandsTest::model_folder = nullptr;

TEST_F(ModelCommandsTest, EncodeWritesTokensAndWhatTheyAre) {
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

TEST_F(ModelCommandsTest, EncodeSetsATextOnAPage) {
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

TEST_F(ModelCommandsTest, ReadingSavedTokensIsReadingThePage) {
  ASSERT_EQ(run("encode page.png -o out.safetensors --mode t9").exit_code, 0);

  const auto page = run("read page.png --mode t9 --max-new-tokens 20 --quiet");
  const auto tokens = run("read out.safetensors --max-new-tokens 20 --quiet");

  ASSERT_EQ(page.exit_code, 0) << page.err;
  EXPECT_FALSE(page.out.empty());
  EXPECT_EQ(tokens.out, page.out);
}

TEST_F(ModelCommandsTest, ReadWritesATextAndItsCircumstances) {
  const auto outcome =
      run("read page.png -o out --mode t4 --max-new-tokens 20");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  const Json json = read_json("out/page.json");
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "out/page.md"));
  EXPECT_TRUE(json["text"].is_string());
  EXPECT_EQ(json["page"], nullptr);
  EXPECT_EQ(json["mode"], "t4");
  EXPECT_EQ(json["vision_tokens"]["nominal"], 4);
  EXPECT_EQ(json["settings"]["generation"]["max_new_tokens"], 20);
  EXPECT_EQ(
      json["settings"]["model"]["tokenizer_sha256"].get<std::string>().size(),
      64u);
  EXPECT_TRUE(json["build"].contains("commit"));
}

TEST_F(ModelCommandsTest, ReadTakesAFolderInTheOrderOfItsNames) {
  std::filesystem::create_directory(folder.path() / "pages");
  page::write_png(folder.path() / "pages/b.png", tests::noise_page(64, 64, 2));
  page::write_png(folder.path() / "pages/a.png", tests::noise_page(64, 64, 3));

  const auto outcome = run("read pages --max-new-tokens 4 --batch 2 --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_LT(
      outcome.out.find("==> pages/a.png <=="),
      outcome.out.find("==> pages/b.png <=="));
}

TEST_F(ModelCommandsTest, ReadGoesOnWhereItStopped) {
  ASSERT_EQ(run("read page.png -o out --max-new-tokens 4").exit_code, 0);
  const auto time =
      std::filesystem::last_write_time(folder.path() / "out/page.json");

  ASSERT_EQ(run("read page.png -o out --max-new-tokens 4").exit_code, 0);
  EXPECT_EQ(
      std::filesystem::last_write_time(folder.path() / "out/page.json"), time);

  ASSERT_EQ(run("read page.png -o out --max-new-tokens 5").exit_code, 0);
  EXPECT_EQ(read_json("out/page.json")["ids"], 5);
}

/// Three pages of 100 x 50 points, black but for a margin that grows.
std::string three_pages() {
  std::vector<std::string> objects = {
      "<</Type/Catalog/Pages 2 0 R>>",
      "<</Type/Pages/Kids[3 0 R 5 0 R 7 0 R]/Count 3>>"};
  for (int page = 1; page <= 3; ++page) {
    const std::string drawing = concat(page, " 0 50 50 re f");
    objects.push_back(concat(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 50]/Contents ",
        2 * page + 2,
        " 0 R>>"));
    objects.push_back(concat(
        "<</Length ", drawing.size(), ">>\nstream\n", drawing, "\nendstream"));
  }
  return tests::write_pdf(objects);
}

TEST_F(ModelCommandsTest, ReadTakesPagesOfAPdf) {
  write_file(folder.path() / "three.pdf", three_pages());

  const auto outcome =
      run("read three.pdf --pages 2- -o out --max-new-tokens 4 --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out/three-0001.json"));
  const Json json = read_json("out/three-0003.json");
  EXPECT_EQ(json["page"], 3);
  // 144 dpi, two pixels a point.
  EXPECT_EQ(json["image_size"], (Json{200, 100}));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "out/three-0002.md"));
}

TEST_F(ModelCommandsTest, APageThatFailsDoesNotStopTheOthers) {
  write_file(folder.path() / "a.pdf", three_pages().substr(0, 100));
  write_file(folder.path() / "b.png", "no image");

  const auto outcome =
      run("read a.pdf b.png page.png -o out --max-new-tokens 4");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("a.pdf: damaged PDF"));
  EXPECT_THAT(outcome.err, HasSubstr("b.png: not an image"));
  EXPECT_THAT(outcome.err, HasSubstr("2 pages or files could not be read"));
  EXPECT_EQ(read_json("out/page.json")["ids"], 4);
}

/// Lets an answer go on until its positions end.
const std::string kToTheEnd = " --set loop_repeats=0";

TEST_F(ModelCommandsTest, StandardOutputHasThePagesInTheirOrder) {
  ASSERT_EQ(run("encode page.png -o few.safetensors --mode t4").exit_code, 0);
  ASSERT_EQ(
      run("encode page.png -o many.safetensors --mode tiles").exit_code, 0);
  const std::string read = "read few.safetensors many.safetensors" + kToTheEnd;

  const auto one_by_one = run(read);
  const auto together = run(read + " --batch 2");
  ASSERT_EQ(run(read + " -o out").exit_code, 0);

  ASSERT_EQ(together.exit_code, 0) << together.err;
  // The second page ends first.
  EXPECT_LT(
      read_json("out/many.json")["ids"], read_json("out/few.json")["ids"]);
  EXPECT_EQ(together.out.find("==> few.safetensors <=="), 0u);
  EXPECT_EQ(together.out, one_by_one.out);
}

TEST_F(ModelCommandsTest, AKilledReadKeepsThePagesThatEndedAndGoesOn) {
  ASSERT_EQ(run("encode page.png -o few.safetensors --mode t4").exit_code, 0);
  ASSERT_EQ(
      run("encode page.png -o many.safetensors --mode tiles").exit_code, 0);
  write_file(folder.path() / "three.pdf", three_pages());
  const std::string arguments =
      "read few.safetensors many.safetensors three.pdf -o out --batch 2 "
      "--model '" +
      model_folder->path().string() + "'" + kToTheEnd;
  const auto exists = [&](const std::string& file) {
    return std::filesystem::exists(folder.path() / file);
  };
  // Loading the third page kills the program.
  write_file(folder.path() / "bin/pdftoppm", "#!/bin/sh\nkill -9 $PPID\n");
  std::filesystem::permissions(
      folder.path() / "bin/pdftoppm", std::filesystem::perms::owner_all);

  const auto killed = tests::run_program(
      folder.path(), arguments, "export PATH=\"$PWD/bin:$PATH\";");

  EXPECT_EQ(killed.exit_code, 128 + 9) << killed.err;
  EXPECT_TRUE(exists("out/many.json"));
  EXPECT_FALSE(exists("out/few.json"));

  const auto time =
      std::filesystem::last_write_time(folder.path() / "out/many.json");
  const auto again = tests::run_program(folder.path(), arguments);

  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("left as they are: 1"));
  EXPECT_EQ(
      std::filesystem::last_write_time(folder.path() / "out/many.json"), time);
  EXPECT_TRUE(exists("out/few.json"));
  EXPECT_TRUE(exists("out/three-0003.json"));
}

TEST_F(ModelCommandsTest, APageOfNaNFailsAloneAndIsNamed) {
  ASSERT_EQ(run("encode page.png -o a.safetensors --mode t4").exit_code, 0);
  auto saved = model::read_vision_tokens(folder.path() / "a.safetensors");
  saved.tokens.sequence.fill_(std::nanf(""));
  model::write_vision_tokens(folder.path() / "nan.safetensors", saved);

  const auto beside =
      run("read nan.safetensors a.safetensors -o out --batch 2 "
          "--max-new-tokens 4");
  const auto alone = run("read nan.safetensors");

  EXPECT_EQ(beside.exit_code, 3);
  EXPECT_THAT(
      beside.err, HasSubstr("nan.safetensors: the largest logit for id 0"));
  EXPECT_EQ(read_json("out/a.json")["ids"], 4);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out/nan.json"));
  EXPECT_EQ(alone.exit_code, 6);
  EXPECT_THAT(
      alone.err, HasSubstr("nan.safetensors: the largest logit for id 0"));
}

TEST_F(ModelCommandsTest, ReadRefusesAnImpossibleResolution) {
  EXPECT_EQ(run("read page.png --dpi 0").exit_code, 2);
}

TEST_F(ModelCommandsTest, QuantizeWritesAFolderThatReads) {
  const auto quantized = run("quantize -o int8");
  const auto again = run("quantize -o int8");

  ASSERT_EQ(quantized.exit_code, 0) << quantized.err;
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("there is a model in it"));
  const checkpoint::SafetensorsFile file(
      folder.path() / "int8/model.safetensors");
  EXPECT_EQ(file.find("lm_head.weight")->dtype, checkpoint::Dtype::kI8);
  EXPECT_EQ(file.find("lm_head.weight_scale")->dtype, checkpoint::Dtype::kF32);
  EXPECT_EQ(
      file.find("model.embed_tokens.weight")->dtype, checkpoint::Dtype::kF32);
  const auto inspected = tests::run_program(folder.path(), "inspect int8");
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
}

TEST_F(ModelCommandsTest, EncodeTakesOnePageOfAPdf) {
  write_file(folder.path() / "three.pdf", three_pages());

  const auto none = run("encode three.pdf -o out.safetensors");
  const auto second = run("encode three.pdf --page 2 -o out.safetensors");

  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("has 3 pages"));
  ASSERT_EQ(second.exit_code, 0) << second.err;
  const checkpoint::SafetensorsFile file(folder.path() / "out.safetensors");
  EXPECT_EQ(file.metadata().at("image_size"), "200x100");
}

TEST_F(ModelCommandsTest, ReadRefusesPagesWithoutAPdf) {
  const auto outcome = run("read page.png --pages 2");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--pages has no effect"));
}

TEST_F(ModelCommandsTest, ReadTakesFieldsOfItsConfigBySet) {
  const auto outcome =
      run("read page.png -o out --max-new-tokens 4 --set temperature=0.5 "
          "--set top_k=3 --seed 7");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json generation = read_json("out/page.json")["settings"]["generation"];
  EXPECT_EQ(generation["top_k"], 3);
  EXPECT_EQ(generation["seed"], 7);
}

TEST_F(ModelCommandsTest, TraceMatchesTheReferenceEncoder) {
  const checkpoint::SafetensorsFile golden(
      tests::data_path("parity/encoder.safetensors"));
  const auto pixels =
      tensor_of(golden, "image_u8.512")[0].permute({1, 2, 0}).contiguous();
  page::PageImage image{512, 512, {}};
  image.rgb.assign(
      pixels.const_data_ptr<uint8_t>(),
      pixels.const_data_ptr<uint8_t>() + pixels.numel());
  page::write_png(folder.path() / "golden.png", image);

  const auto outcome = tests::run_program(
      folder.path(),
      "trace golden.png -o trace.safetensors --mode tiny --steps 3 --model '" +
          tests::parity_model().string() + "'");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("the prompt is <image> alone"));
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

TEST_F(ModelCommandsTest, TraceSaysThatAPromptNeedsATokenizer) {
  const auto outcome = tests::run_program(
      folder.path(),
      "trace page.png -o trace.safetensors --mode tiny "
      "--prompt '<image>\nFree OCR.' --model '" +
          tests::parity_model().string() + "'");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("there is no tokenizer.json"));
}

TEST_F(ModelCommandsTest, InspectCountsTheParametersOfEachPart) {
  const auto outcome = tests::run_program(
      folder.path(),
      "inspect --format json '" + tests::parity_model().string() + "'");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = parse_json(outcome.out, "stdout");
  EXPECT_EQ(json["parts"]["token embedding"]["parameters"], 640 * 64);
  EXPECT_EQ(json["parts"]["projector"]["parameters"], 192 * 64 + 64);
  EXPECT_EQ(json["parts"]["newline and separator"]["tensors"], 2);
  EXPECT_EQ(json["parts"]["routed experts"]["tensors"], 2 * 8 * 3);
  EXPECT_EQ(
      json["memory"]["bf16"]["kv_cache_bytes_per_position"], 2 * 3 * 64 * 2);
  EXPECT_EQ(json["sha256"].get<std::string>().size(), 64u);
}

TEST_F(ModelCommandsTest, InspectKnowsVisionTokens) {
  ASSERT_EQ(run("encode page.png -o out.safetensors --mode t4").exit_code, 0);

  const auto outcome = tests::run_program(
      folder.path(), "inspect out.safetensors --format json");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = parse_json(outcome.out, "stdout");
  EXPECT_EQ(json["kind"], "vision tokens");
  EXPECT_EQ(json["metadata"]["mode"], "t4");
}

TEST_F(ModelCommandsTest, BenchListsTheStagesThatWereAskedFor) {
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
