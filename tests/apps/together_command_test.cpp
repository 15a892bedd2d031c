#include "tests/apps/lora_training.h"
#include "tests/apps/model_commands.h"

#include "core/config.h"
#include "tests/support/logged_losses.h"
#include "tests/support/parity.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

// Several pages in one prompt, and decoders that forget their own output.

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// The tiny model as one of Unlimited-OCR's family, with a window of 8.
class TogetherCommandTest : public tests::ModelCommandsTest {
 protected:
  static void SetUpTestSuite() {
    tests::ModelCommandsTest::SetUpTestSuite();
    const auto file = model_folder->path() / "config.json";
    Json json = read_json_file(file);
    json["architectures"] = {"UnlimitedOCRForCausalLM"};
    json["model_type"] = "unlimited-ocr";
    json["language_config"]["sliding_window_size"] = 8;
    json["microfiche"]["trained_on"] = {{"modes", {"t9"}}};
    write_json_file(file, json);
  }

  TogetherCommandTest() {
    for (int page = 1; page <= 3; ++page) {
      page::write_png(
          folder.path() / concat(page, ".png"),
          tests::noise_page(96, 90 + page, page));
    }
  }

  torch::Tensor traced(const std::string& file, const std::string& name) const {
    const checkpoint::SafetensorsFile trace(folder.path() / file);
    const auto* info = trace.find(name);
    TORCH_CHECK(info != nullptr, file, " has no tensor ", name);
    return model::view_tensor({*info, trace.bytes(*info)}).clone();
  }
};

TEST_F(TogetherCommandTest, TraceHasThePagesOneAfterAnother) {
  std::vector<torch::Tensor> pages;
  for (const std::string page : {"1", "2", "3"}) {
    const auto one = run(
        "trace " + page + ".png --mode t9 -o " + page + ".safetensors --quiet");
    ASSERT_EQ(one.exit_code, 0) << one.err;
    pages.push_back(traced(page + ".safetensors", "sequence"));
  }

  const auto outcome =
      run("trace 1.png 2.png 3.png --together --mode t9 --steps 20 "
          "-o all.safetensors --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(
      torch::equal(traced("all.safetensors", "sequence"), torch::cat(pages)));
  // The byte tokenizer has an id for each byte of "Multi page parsing.".
  EXPECT_EQ(traced("all.safetensors", "input_ids").size(0), 1 + 3 * 13 + 19);
  EXPECT_EQ(traced("all.safetensors", "generated_ids").size(0), 20);
  EXPECT_EQ(traced("all.safetensors", "pixels.global").size(0), 3);
}

TEST_F(TogetherCommandTest, AnAnswerWithoutPageMarksKeepsItsText) {
  const auto outcome =
      run("read 1.png 2.png --together --mode t9 --max-new-tokens 12 -o out");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(
      outcome.err,
      AllOf(
          HasSubstr("no page mark <PAGE>"),
          HasSubstr("at most 18 pages fit into a prompt in mode t9; 2 pages "
                    "leave 210 positions for the answer")));
  EXPECT_FALSE(read_json("out/1.json")["text"].get<std::string>().empty());
  EXPECT_EQ(read_json("out/2.json")["text"], "");
  const Json settings = read_json("out/2.json")["settings"];
  EXPECT_EQ(settings["prompt"], "<image>Multi page parsing.");
  EXPECT_EQ(settings["generation"]["ngram"], 35);
  EXPECT_EQ(settings["generation"]["ngram_window"], 1024);
  EXPECT_EQ(settings["model"]["window"], 8);

  EXPECT_THAT(
      run("read 1.png 2.png --together --mode t9 --max-new-tokens 12 -o out")
          .err,
      HasSubstr("left unchanged: 2"));
}

TEST_F(TogetherCommandTest, FewerPagesAreAnotherPromptAndAreReadAgain) {
  const std::string read =
      "read --together --mode t9 --max-new-tokens 4 -o out ";
  ASSERT_EQ(run(read + "1.png 2.png 3.png").exit_code, 0);
  const std::string before = read_file(folder.path() / "out/1.json");

  const auto fewer = run(read + "1.png 2.png");

  ASSERT_EQ(fewer.exit_code, 0) << fewer.err;
  EXPECT_THAT(fewer.err, Not(HasSubstr("left unchanged")));
  EXPECT_NE(read_file(folder.path() / "out/1.json"), before);
  const Json json = read_json("out/2.json");
  EXPECT_EQ(json["settings"]["together"].size(), 2);
  EXPECT_EQ(json["settings"]["together"][1], Json::array({json["sha256"], 0}));
  EXPECT_THAT(run(read + "2.png 1.png").err, Not(HasSubstr("left unchanged")));
}

TEST_F(TogetherCommandTest, TheAnswerOfAllPagesIsCountedOnce) {
  const auto outcome =
      run("read 1.png 2.png --together --mode t9 --max-new-tokens 4 -o out");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read_json("out/1.json")["ids"], 4);
  EXPECT_TRUE(read_json("out/1.json")["seconds"]["decode"].is_number());
  EXPECT_TRUE(read_json("out/2.json")["ids"].is_null());
  EXPECT_TRUE(read_json("out/2.json")["seconds"].is_null());
  const std::string cut = "reached its longest length";
  EXPECT_THAT(outcome.err, HasSubstr("--together: the text " + cut));
  EXPECT_EQ(outcome.err.find(cut), outcome.err.rfind(cut));
}

TEST_F(TogetherCommandTest, AFileThatCannotBeOpenedLeavesAllUnread) {
  write_file(folder.path() / "bad.pdf", "%PDF-1.4\n");

  const auto outcome = run("read 1.png 2.png bad.pdf --together --mode t9");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(
      outcome.err,
      HasSubstr("1 page or file could not be read, for the reasons above; no "
                "page was read, because the pages would share one prompt"));
}

TEST_F(TogetherCommandTest, ABatchIsRefused) {
  const auto outcome = run("read 1.png 2.png --together --batch 2");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(
      outcome.err,
      HasSubstr("--batch has no effect with --together, which reads all pages "
                "in one prompt"));
}

TEST_F(TogetherCommandTest, TraceWarnsOfAModeThatTheModelWasNotTrainedOn) {
  const auto outcome =
      run("trace 1.png 2.png --together --mode t4 --steps 1 -o x.safetensors");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(
      outcome.err, HasSubstr("1.png: the model was not trained in mode t4"));
}

TEST_F(TogetherCommandTest, MorePagesThanFitAreRefusedWithTheNumberThatFits) {
  std::string inputs;
  for (int page = 0; page < 19; ++page) {
    inputs += " 1.png";
  }
  for (const std::string command : {"read", "trace -o x.safetensors"}) {
    const auto outcome = run(command + " --together --mode t9" + inputs);

    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_THAT(
        outcome.err,
        AllOf(HasSubstr("19 pages"), HasSubstr("at most 18 pages")));
  }
}

TEST_F(TogetherCommandTest, TilesAndPagesOfTwoModesAreRefused) {
  const auto tiled = run("read 1.png 2.png --together --mode tiles");
  EXPECT_EQ(tiled.exit_code, 3);
  EXPECT_THAT(tiled.err, HasSubstr("expected a mode without tiles"));

  ASSERT_EQ(run("encode page.png --mode tiles -o x.safetensors").exit_code, 0);
  const auto saved = run("read x.safetensors --together");
  EXPECT_EQ(saved.exit_code, 3);
  EXPECT_THAT(
      saved.err,
      HasSubstr("x.safetensors: --together: expected vision tokens of a mode "
                "without tiles, got tiles"));

  ASSERT_EQ(run("encode 1.png --mode t4 -o 1.safetensors").exit_code, 0);
  ASSERT_EQ(run("encode 2.png --mode t9 -o 2.safetensors").exit_code, 0);
  const auto mixed = run("read 1.safetensors 2.safetensors --together");
  EXPECT_EQ(mixed.exit_code, 3);
  EXPECT_THAT(
      mixed.err,
      AllOf(
          HasSubstr("2.safetensors: --together: expected pages of one mode, "
                    "t4, got t9"),
          HasSubstr("the first 1 page fit"),
          HasSubstr("fit into a prompt in mode t4")));
}

TEST_F(TogetherCommandTest, SeveralPagesNeedTogether) {
  const auto outcome = run("trace 1.png 2.png -o x.safetensors");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("expected one page, got 2 files"));
}

TEST_F(TogetherCommandTest, AWindowOfZeroIsRefused) {
  EXPECT_EQ(run("read 1.png --window 0").exit_code, 2);
}

/// The readings of a run, by the window of their cell.
std::map<int64_t, std::string> readings_of(const std::filesystem::path& run) {
  std::map<int64_t, std::string> readings;
  std::istringstream lines(read_file(run / "samples.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const Json sample = parse_json(line, "samples.jsonl");
    const Json window = sample["cell"].value("window", Json());
    readings[window.is_number() ? window.get<int64_t>() : 0] +=
        sample["prediction"].get<std::string>();
  }
  return readings;
}

TEST_F(TogetherCommandTest, SweepReadsWithTheModelsWindow) {
  write_file(
      folder.path() / "text.txt",
      "It was the best of times, it was the worst of times, it was the age "
      "of wisdom, it was the age of foolishness");
  const auto sweep = [&](const char* name, const std::string& windows) {
    write_file(
        folder.path() / concat(name, ".json"),
        concat(
            R"({
      "texts": ["text.txt"], "modes": ["t4"], "characters_per_token": [3],
      "pages_per_cell": 2, "pictures_per_cell": 0, )",
            windows,
            R"(
      "generation": {"max_new_tokens": 40, "ngram": 0, "loop_repeats": 0}})"));
    const auto outcome =
        run(concat("sweep ", name, ".json -o ", name, " --quiet"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return readings_of(folder.path() / name);
  };

  const auto own = sweep("own", "");
  const auto given = sweep("given", R"("windows": [2, 8],)");

  ASSERT_EQ(given.size(), 2);
  EXPECT_EQ(own.begin()->second, given.at(8));
  EXPECT_NE(own.begin()->second, given.at(2));
}

TEST_F(TogetherCommandTest, LoraTrainsADecoderWithAWindow) {
  tests::write_lora_training(
      folder.path(),
      model_folder->path(),
      {"decoder.layers.*.attention.*_proj", "decoder.lm_head"});

  const auto trained =
      tests::run_program(folder.path(), "train train.json -o run --quiet");

  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto losses = tests::logged_losses(folder.path() / "run");
  ASSERT_EQ(losses.size(), 30);
  EXPECT_LT(losses.rbegin()->second, 0.5 * losses.begin()->second);
  const std::string read = "read 1.png --mode t4 --max-new-tokens 12 --quiet";
  const auto adapted = run(read + " --adapter run/adapter -o adapted");
  ASSERT_EQ(run("merge run/adapter -o merged").exit_code, 0);
  const auto merged =
      tests::run_program(folder.path(), read + " --model merged -o again");
  ASSERT_EQ(adapted.exit_code, 0) << adapted.err;
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(
      read_json("again/1.json")["text"], read_json("adapted/1.json")["text"]);
  EXPECT_EQ(read_json("again/1.json")["settings"]["model"]["window"], 8);
}

class WindowCommandTest : public tests::ModelCommandsTest {};

TEST_F(WindowCommandTest, AnyModelCanBeGivenAWindow) {
  const std::string read =
      "read page.png --mode t4 --max-new-tokens 100 --set loop_repeats=0 "
      "--quiet ";
  const auto plain = run(read);
  const auto wide = run(read + "--window 100");
  const auto narrow = run(read + "--window 2 -o out");

  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(wide.out, plain.out);
  ASSERT_EQ(narrow.exit_code, 0) << narrow.err;
  const Json json = read_json("out/page.json");
  EXPECT_EQ(json["settings"]["model"]["window"], 2);
  EXPECT_NE(json["text"].get<std::string>() + "\n", plain.out);
}

TEST_F(WindowCommandTest, PagesTogetherAreRefusedForAModelThatReadsOne) {
  const auto outcome = run("read page.png page.png --together");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(
      outcome.err,
      HasSubstr("a model of the family DeepSeek-OCR reads 1 page in a prompt"));
}

} // namespace
} // namespace microfiche
