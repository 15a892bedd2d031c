#include "text_compression/text_compressor_file.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::text_compression {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class TextCompressorFileTest : public ::testing::Test {
 protected:
  TextCompressorFileTest() {
    loaded.folder = folder.path();
    torch::manual_seed(0);
  }

  static TextCompressor make(const TextCompressorConfig& config) {
    return TextCompressor(TextCompressorOptions(/*width=*/32, config));
  }

  tests::TemporaryFolder folder;
  model::LoadedModel loaded = tests::make_tiny_model();
};

TEST_F(TextCompressorFileTest, LoadsFromItsFiles) {
  auto saved =
      make({.method = Method::kConvPyramid, .raw_last = 1, .levels = 2});
  save_text_compressor(saved, folder.path());

  auto found = load_text_compressor(loaded);

  ASSERT_TRUE(found);
  const auto text = torch::randn({1, 6, 32});
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::equal(
      found->compressor->forward(text, {6}, 4), saved->forward(text, {6}, 4)));
}

TEST_F(TextCompressorFileTest, WithoutParametersThereIsOnlyAConfig) {
  save_text_compressor(make({.method = Method::kMeanPooling}), folder.path());

  EXPECT_FALSE(
      std::filesystem::exists(folder.path() / "text_compressor.safetensors"));
  EXPECT_TRUE(load_text_compressor(loaded));
}

TEST_F(TextCompressorFileTest, AModelMayHaveNone) {
  EXPECT_FALSE(load_text_compressor(loaded));
}

TEST_F(TextCompressorFileTest, RefusesTheTensorsOfAnotherCompressor) {
  save_text_compressor(
      make({.method = Method::kConvPyramid, .levels = 2}), folder.path());
  write_file(
      folder.path() / "text_compressor.json",
      R"({"method": "latent_queries", "heads": 2})");

  EXPECT_THAT(
      [&] { load_text_compressor(loaded); },
      ThrowsMessage<InputError>(HasSubstr("is it the file of another")));
}

} // namespace
} // namespace microfiche::text_compression
