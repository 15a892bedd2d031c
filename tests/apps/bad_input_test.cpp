#include "tests/apps/command_line.h"

#include "core/json.h"
#include "page/image_file.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

// Messages and exit codes for bad input, which leaves no partial files.

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::Outcome;

class BadInputTest : public ::testing::Test {
 protected:
  BadInputTest() {
    tests::write_tiny_model(model());
    page::write_png(folder.path() / "page.png", tests::noise_page(64, 64, 1));
  }

  std::filesystem::path model() const {
    return folder.path() / "model";
  }

  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder.path() / name, bytes);
  }

  Outcome run(const std::string& arguments, const std::string& before = "")
      const {
    return tests::run_program(
        folder.path(), arguments + " --model model", before);
  }

  /// Expects a run that fails with this code, prints these words without a
  /// backtrace, and leaves no file.
  void expect_fails(
      const std::string& arguments,
      int exit_code,
      const std::string& words,
      const std::string& before = "") const {
    const auto files_before = files();
    const auto outcome = run(arguments, before);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    EXPECT_THAT(
        outcome.err,
        AllOf(
            HasSubstr("error: "),
            HasSubstr(words),
            Not(HasSubstr("Exception raised from"))));
    EXPECT_EQ(files(), files_before);
  }

  void change_config(const std::string& assignment) const {
    Json json = read_json_file(model() / "config.json");
    apply_override(json, assignment);
    write_json_file(model() / "config.json", json);
  }

  tests::TemporaryFolder folder;

 private:
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder.path())) {
      const std::string name = entry.path().filename();
      if (name != "stdout.txt" && name != "stderr.txt") {
        names.insert(entry.path().string());
      }
    }
    return names;
  }
};

TEST_F(BadInputTest, AMissingFile) {
  expect_fails("encode nowhere.png -o out.safetensors", 3, "nowhere.png");
  expect_fails("read nowhere.png", 3, "nowhere.png");
  expect_fails("trace nowhere.png -o out.safetensors", 3, "nowhere.png");
}

TEST_F(BadInputTest, AFolderWhereAFileShouldBe) {
  expect_fails("encode model -o out.safetensors", 3, "is a folder");
}

TEST_F(BadInputTest, AFolderWithoutPages) {
  std::filesystem::create_directory(folder.path() / "empty");

  expect_fails("read empty", 3, "images, PDF files or saved vision tokens");
}

TEST_F(BadInputTest, AnImageNameWithoutAnImage) {
  write("text.png", "This is no image.");

  expect_fails("encode text.png -o out.safetensors", 3, "text.png");
  expect_fails("read text.png", 3, "text.png");
}

TEST_F(BadInputTest, ATruncatedImage) {
  const std::string bytes = read_file(folder.path() / "page.png");
  write("half.png", bytes.substr(0, bytes.size() / 2));

  expect_fails("read half.png", 3, "half.png");
}

TEST_F(BadInputTest, AnEmptyText) {
  write("empty.txt", "");

  expect_fails("encode empty.txt -o out.safetensors", 3, "empty.txt");
}

TEST_F(BadInputTest, ATextWithoutAnyGlyph) {
  write("blank.txt", " \n\t\n ");

  expect_fails("encode blank.txt -o out.safetensors", 3, "blank.txt");
}

TEST_F(BadInputTest, AMissingModelFolder) {
  std::filesystem::rename(model(), folder.path() / "elsewhere");

  expect_fails("read page.png", 3, "expected a model folder");
}

TEST_F(BadInputTest, AConfigWithAnUnknownField) {
  change_config("microfiche.default_mod=t4");

  expect_fails(
      "read page.png",
      3,
      "no field named \"default_mod\"; did you mean \"default_mode\"?");
}

TEST_F(BadInputTest, AConfigWithAValueOfTheWrongType) {
  change_config("language_config.hidden_size=\"wide\"");

  expect_fails("read page.png", 3, "hidden_size: expected a whole number");
}

TEST_F(BadInputTest, AConfigOfImpossibleSizes) {
  change_config("language_config.num_hidden_layers=0");

  expect_fails("read page.png", 3, "num_hidden_layers must be from 1");
}

TEST_F(BadInputTest, AConfigThatIsNotJson) {
  write("model/config.json", "{\"vocab_size\": ");

  expect_fails("read page.png", 3, "config.json");
}

TEST_F(BadInputTest, ABrokenCheckpoint) {
  const auto file = model() / "model.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);

  expect_fails("read page.png", 3, "model.safetensors");
  const auto outcome =
      tests::run_program(folder.path(), "inspect model/model.safetensors");
  EXPECT_EQ(outcome.exit_code, 3);
}

TEST_F(BadInputTest, ACheckpointOfAnotherShape) {
  change_config("language_config.moe_intermediate_size=24");

  expect_fails("read page.png", 3, "of another shape");
}

TEST_F(BadInputTest, ATokenizerWhoseIdsExceedTheEmbedding) {
  Json json = read_json_file(model() / "tokenizer.json");
  Json token = json["added_tokens"][0];
  token["id"] = 4000;
  token["content"] = "<more>";
  json["added_tokens"].push_back(token);
  write_json_file(model() / "tokenizer.json", json);

  expect_fails("read page.png", 3, "its largest id is 4000");
}

TEST_F(BadInputTest, VisionTokensOfAnotherModel) {
  ASSERT_EQ(
      tests::run_program(
          folder.path(),
          "encode page.png -o out.safetensors --mode tiny --model '" +
              tests::parity_model().string() + "'")
          .exit_code,
      0);

  expect_fails("read out.safetensors", 3, "64 wide but this model takes 32");
}

TEST_F(BadInputTest, AModeThatDoesNotExist) {
  expect_fails("read page.png --mode huge", 2, "huge");
}

TEST_F(BadInputTest, InvalidSettings) {
  expect_fails("read page.png --max-new-tokens 0", 3, "max_new_tokens");
  expect_fails("read page.png --ngram-window 9", 3, "no effect without ngram");
  expect_fails(
      "read page.png --set temprature=1", 3, "did you mean \"temperature\"?");
  expect_fails("read page.png --set temperature", 2, "path.to.field=value");
  expect_fails("read page.png --device tpu", 2, "auto, cpu, cuda or cuda:N");
  expect_fails("read page.png --dtype f16", 2, "auto, f32, bf16, int8 or int4");
}

TEST_F(BadInputTest, WeightsWithNaN) {
  auto loaded = tests::make_tiny_model();
  {
    const torch::NoGradGuard no_grad;
    loaded.model->decoder->norm->weight.fill_(std::nanf(""));
  }
  model::save_model(loaded, model(), torch::kFloat32, tests::byte_tokenizer());

  expect_fails(
      "read page.png", 6, "page.png: the largest logit for id 0 is nan");
}

TEST_F(BadInputTest, MoreMemoryThanThereIs) {
  expect_fails(
      "bench --what prefill --positions 1000000000000 --quiet",
      5,
      "of main memory are free");
}

TEST_F(BadInputTest, AFullDisk) {
  // The shell's limit on the size of files, 512 bytes, stands in for a full
  // disk; the signal that comes with it is ignored so that write() fails.
  const std::string full = "trap '' XFSZ; ulimit -f 1;";

  expect_fails(
      "encode page.png -o out.safetensors", 4, "out.safetensors", full);
  expect_fails("trace page.png -o out.safetensors", 4, "out.safetensors", full);
}

TEST_F(BadInputTest, AFullStandardOutput) {
  const auto outcome = run("read page.png --max-new-tokens 4 >/dev/full");

  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("standard output"));
}

} // namespace
} // namespace microfiche
