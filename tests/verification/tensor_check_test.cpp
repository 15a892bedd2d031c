#include "verification/tensor_check.h"

#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace microfiche::verification {
namespace {

using checkpoint::Dtype;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A tensor with the same 16-bit word everywhere.
struct WordTensor {
  std::string name;
  std::vector<int64_t> shape;
  uint16_t word = 0x3f80; // 1.0 in bf16
  Dtype dtype = Dtype::kBF16;
};

class TensorCheckTest : public ::testing::Test {
 protected:
  checkpoint::Checkpoint write(const std::vector<WordTensor>& tensors) {
    std::vector<std::vector<std::byte>> data;
    std::vector<checkpoint::TensorView> views;
    for (const auto& tensor : tensors) {
      size_t words = tensor.dtype == Dtype::kF32 ? 2 : 1;
      for (const auto size : tensor.shape) {
        words *= static_cast<size_t>(size);
      }
      auto& bytes = data.emplace_back(2 * words);
      for (size_t i = 0; i < words; ++i) {
        std::memcpy(&bytes[2 * i], &tensor.word, 2);
      }
    }
    for (size_t i = 0; i < tensors.size(); ++i) {
      views.push_back(
          {tensors[i].name, tensors[i].dtype, tensors[i].shape, data[i]});
    }
    const auto file = folder.path() / "model.safetensors";
    checkpoint::write_safetensors(file, views);
    return checkpoint::Checkpoint::open(file);
  }

  tests::TemporaryFolder folder;
};

TEST_F(TensorCheckTest, ThePublishedTensorsAreAccepted) {
  const auto checkpoint = write({{"a", {2, 3}}, {"b", {4}}});

  const auto result = check_tensors(checkpoint, {{"a", {2, 3}}, {"b", {4}}});

  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_EQ(result.tensors, 2);
  EXPECT_EQ(result.parameters, 10);
  EXPECT_EQ(result.bytes, 20);
}

TEST_F(TensorCheckTest, EachDifferenceIsNamed) {
  const auto checkpoint = write(
      {{"extra", {5}}, {"turned", {3, 2}}, {"wide", {2}, 0x3f80, Dtype::kF32}});

  const auto result = check_tensors(
      checkpoint, {{"absent", {7}}, {"turned", {2, 3}}, {"wide", {2}}});

  EXPECT_THAT(
      result.differences,
      ElementsAre(
          "tensor absent: missing, published with shape [7]",
          "tensor extra: not published, has shape [5]",
          "tensor turned: shape [3, 2], published [2, 3]",
          "tensor wide: dtype F32, published BF16; the file was saved again"));
}

TEST_F(TensorCheckTest, OfManyDifferencesTheFirstAreNamedAndTheRestCounted) {
  const auto checkpoint = write({{"a", {1}}});

  const auto result = check_tensors(
      checkpoint,
      {{"a", {1}}, {"b", {1}}, {"c", {1}}, {"d", {1}}, {"e", {1}}, {"f", {1}}});

  EXPECT_EQ(result.differences.size(), 4u);
  EXPECT_EQ(result.differences.back(), "and 2 more tensors that are missing");
}

TEST_F(TensorCheckTest, TheIndexTableOfSavePretrainedIsIgnored) {
  const auto checkpoint =
      write({{"a", {1}}, {"model.vision_model.embeddings.position_ids", {3}}});

  const auto result = check_tensors(checkpoint, {{"a", {1}}});

  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_EQ(result.tensors, 1);
}

TEST_F(TensorCheckTest, ATensorWithNaNIsNamed) {
  for (const uint16_t word : {0x7fc0, 0xff80}) { // NaN and minus infinity
    const auto result =
        check_numbers(write({{"good", {2, 2}}, {"bad", {2, 2}, word}}));

    EXPECT_THAT(
        result.differences,
        ElementsAre("tensor bad: has a NaN or an infinity"));
  }
}

TEST_F(TensorCheckTest, LargeFiniteNumbersAreNoDamage) {
  // The largest bf16, and the f16 that looks like a NaN of bf16.
  const auto result = check_numbers(
      write({{"a", {2, 2}, 0x7f7f}, {"b", {2, 2}, 0x7bff, Dtype::kF16}}));

  EXPECT_THAT(result.differences, IsEmpty());
}

TEST_F(TensorCheckTest, AMatrixOfZerosIsAWarningAndAVectorOfZerosIsNot) {
  // 0x8000 is minus zero.
  const auto result = check_numbers(write(
      {{"hole", {2, 2}, 0}, {"minus", {2, 2}, 0x8000}, {"bias", {4}, 0}}));

  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_THAT(
      result.warnings,
      ElementsAre(
          "tensor hole: all numbers are zero",
          "tensor minus: all numbers are zero"));
}

} // namespace
} // namespace microfiche::verification
