#include "tests/apps/model_commands.h"

#include "core/files.h"
#include "model/vision_token_file.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <string>

// The command read.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReadCommandTest : public tests::ModelCommandsTest {};

TEST_F(ReadCommandTest, SavedTokensGiveTheTextOfThePage) {
  ASSERT_EQ(run("encode page.png -o out.safetensors --mode t9").exit_code, 0);

  const auto page = run("read page.png --mode t9 --max-new-tokens 20 --quiet");
  const auto tokens = run("read out.safetensors --max-new-tokens 20 --quiet");

  ASSERT_EQ(page.exit_code, 0) << page.err;
  EXPECT_FALSE(page.out.empty());
  EXPECT_EQ(tokens.out, page.out);
}

TEST_F(ReadCommandTest, ReadWritesATextAndItsDetails) {
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

TEST_F(ReadCommandTest, ReadTakesAFolderInTheOrderOfNames) {
  std::filesystem::create_directory(folder.path() / "pages");
  page::write_png(folder.path() / "pages/b.png", tests::noise_page(64, 64, 2));
  page::write_png(folder.path() / "pages/a.png", tests::noise_page(64, 64, 3));

  const auto outcome = run("read pages --max-new-tokens 4 --batch 2 --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_LT(
      outcome.out.find("==> pages/a.png <=="),
      outcome.out.find("==> pages/b.png <=="));
}

TEST_F(ReadCommandTest, ReadResumes) {
  ASSERT_EQ(run("read page.png -o out --max-new-tokens 4").exit_code, 0);
  const auto time =
      std::filesystem::last_write_time(folder.path() / "out/page.json");

  ASSERT_EQ(run("read page.png -o out --max-new-tokens 4").exit_code, 0);
  EXPECT_EQ(
      std::filesystem::last_write_time(folder.path() / "out/page.json"), time);

  ASSERT_EQ(run("read page.png -o out --max-new-tokens 5").exit_code, 0);
  EXPECT_EQ(read_json("out/page.json")["ids"], 5);
}

TEST_F(ReadCommandTest, ReadTakesPagesOfAPdf) {
  write_file(folder.path() / "three.pdf", tests::three_pages());

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

TEST_F(ReadCommandTest, APageThatFailsDoesNotStopTheOthers) {
  write_file(folder.path() / "a.pdf", tests::three_pages().substr(0, 100));
  write_file(folder.path() / "b.png", "no image");

  const auto outcome =
      run("read a.pdf b.png page.png -o out --max-new-tokens 4");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("a.pdf: damaged PDF"));
  EXPECT_THAT(outcome.err, HasSubstr("b.png: not an image"));
  EXPECT_THAT(outcome.err, HasSubstr("2 pages or files could not be read"));
  EXPECT_EQ(read_json("out/page.json")["ids"], 4);
}

/// Generates until the model has no positions left.
const std::string kToTheEnd = " --set loop_repeats=0";

TEST_F(ReadCommandTest, StandardOutputHasThePagesInTheirOrder) {
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

TEST_F(ReadCommandTest, AKilledReadKeepsFinishedPagesAndResumes) {
  ASSERT_EQ(run("encode page.png -o few.safetensors --mode t4").exit_code, 0);
  ASSERT_EQ(
      run("encode page.png -o many.safetensors --mode tiles").exit_code, 0);
  write_file(folder.path() / "three.pdf", tests::three_pages());
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
  EXPECT_THAT(again.err, HasSubstr("left unchanged: 1"));
  EXPECT_EQ(
      std::filesystem::last_write_time(folder.path() / "out/many.json"), time);
  EXPECT_TRUE(exists("out/few.json"));
  EXPECT_TRUE(exists("out/three-0003.json"));
}

TEST_F(ReadCommandTest, APageOfNaNFailsAloneAndIsNamed) {
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

TEST_F(ReadCommandTest, ReadRefusesAnImpossibleResolution) {
  EXPECT_EQ(run("read page.png --dpi 0").exit_code, 2);
}

TEST_F(ReadCommandTest, ReadRefusesPagesWithoutAPdf) {
  const auto outcome = run("read page.png --pages 2");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--pages has no effect"));
}

TEST_F(ReadCommandTest, ReadTakesFieldsOfItsConfigBySet) {
  const auto outcome =
      run("read page.png -o out --max-new-tokens 4 --set temperature=0.5 "
          "--set top_k=3 --seed 7");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json generation = read_json("out/page.json")["settings"]["generation"];
  EXPECT_EQ(generation["top_k"], 3);
  EXPECT_EQ(generation["seed"], 7);
}

} // namespace
} // namespace microfiche
