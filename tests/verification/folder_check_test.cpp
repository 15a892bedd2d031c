#include "verification/folder_check.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"
#include "verification/file_hashes.h"
#include "verification/tokenizer_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace microfiche::verification {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

model::ModelConfig config_of(const Json& json) {
  return model::read_model_config(json, "config.json");
}

// The file as published.
TEST(FolderCheckTest, ThePublishedConfigOfDeepSeekOcr2HasNoDifference) {
  const auto json =
      read_json_file(tests::data_path("parity_v2/published_config.json"));

  EXPECT_THAT(config_differences(config_of(json)), IsEmpty());
}

TEST(FolderCheckTest, AFieldThatChangesTheComputationIsNamed) {
  auto json =
      read_json_file(tests::data_path("parity_v2/published_config.json"));
  // The top level repeats the decoder's fields.
  json["num_experts_per_tok"] = 8;
  json["language_config"]["num_experts_per_tok"] = 8;
  json["language_config"]["rope_theta"] = 500000.0;

  EXPECT_THAT(
      config_differences(config_of(json)),
      ElementsAre(
          "config.json: language_config.num_experts_per_tok: 8, published 6",
          "config.json: language_config.rope_theta: 500000.0, published "
          "10000.0"));
}

TEST(FolderCheckTest, UnlimitedOcrHasAWindowOf128) {
  Json json = {
      {"architectures", {"UnlimitedOCRForCausalLM"}},
      {"language_config",
       {{"max_position_embeddings", 32768}, {"sliding_window_size", 128}}}};
  EXPECT_THAT(config_differences(config_of(json)), IsEmpty());

  json["language_config"]["sliding_window_size"] = 64;

  EXPECT_THAT(
      config_differences(config_of(json)),
      ElementsAre("config.json: language_config.sliding_window_size: 64, "
                  "published 128"));
}

TEST(FolderCheckTest, TheNanoModelIsNotThePublishedModel) {
  const auto result = check_folder(tests::nano_model());

  EXPECT_EQ(result.family, "DeepSeek-OCR");
  EXPECT_EQ(result.published_tensors, 2710);
  EXPECT_EQ(result.published_bytes, 6672212480);
  EXPECT_LT(result.parameters, 20'000'000);
  EXPECT_THAT(
      result.differences,
      Contains(
          "config.json: language_config.vocab_size: 260, published 129280"));
  EXPECT_THAT(
      result.differences,
      Contains("tensor lm_head.weight: shape [260, 256], published [129280, "
               "1280]"));
  EXPECT_THAT(
      result.differences, Contains(HasSubstr("tokenizer.json: \"Hello\"")));
}

TEST(FolderCheckTest, AFolderWithoutTokenizerIsNamed) {
  const auto result = check_folder(tests::parity_model());

  EXPECT_THAT(result.differences, Contains("tokenizer.json: missing"));
}

TEST(FolderCheckTest, AFolderThatIsMissingOrEmptyIsRefused) {
  const tests::TemporaryFolder folder;

  EXPECT_THAT(
      [&] { check_folder(folder.path() / "none"); },
      ThrowsMessage<InputError>(HasSubstr("expected a model folder")));
  EXPECT_THAT(
      [&] { check_folder(folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("config.json")));
}

// FIPS 180-4's example "abc", and the hash of no bytes.
TEST(FolderCheckTest, FilesHaveTheirSha256) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "b.txt", "abc");
  write_file(folder.path() / "a.txt", "");
  write_file(folder.path() / ".hidden", "abc");
  write_file(folder.path() / "inner" / "c.txt", "abc");

  const auto files = hash_files(folder.path());

  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "a.txt");
  EXPECT_EQ(
      files[0].sha256,
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(files[1].name, "b.txt");
  EXPECT_EQ(files[1].bytes, 3);
  EXPECT_EQ(
      files[1].sha256,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(FolderCheckTest, DeepSeeksTokenizerHasThePublishedIds) {
  const auto file = std::filesystem::path(MICROFICHE_SOURCE_DIR) /
      "build/tokenizers/deepseek_ocr/tokenizer.json";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "scripts/setup has not made " << file;
  }

  EXPECT_THAT(tokenizer_differences(file), IsEmpty());
}

} // namespace
} // namespace microfiche::verification
