#include "checkpoint/safetensors.h"

#include "core/crypto.h"
#include "core/error.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>

namespace microfiche::checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::ThrowsMessage;

std::vector<std::byte> counting_bytes(size_t count) {
  std::vector<std::byte> bytes(count);
  for (size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<std::byte>(i * 7 + 1);
  }
  return bytes;
}

class SafetensorsTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const {
    return folder.path() / "model.safetensors";
  }

  tests::TemporaryFolder folder;
};

TEST_F(SafetensorsTest, ReadsBackEveryDtypeBitForBit) {
  // 12 elements are a whole number of bytes in every type.
  std::vector<TensorView> tensors;
  std::vector<std::vector<std::byte>> contents;
  for (int i = 0; i <= static_cast<int>(Dtype::kF4); ++i) {
    const auto dtype = static_cast<Dtype>(i);
    contents.push_back(counting_bytes(12 * bits_of(dtype) / 8));
    tensors.push_back({std::string(name_of(dtype)), dtype, {3, 4}, {}});
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    tensors[i].bytes = contents[i];
  }

  write_safetensors(path(), tensors);
  const SafetensorsFile file(path());

  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto* info = file.find(tensors[i].name);
    ASSERT_NE(info, nullptr) << tensors[i].name;
    EXPECT_EQ(info->dtype, tensors[i].dtype);
    EXPECT_THAT(info->shape, ElementsAre(3, 4));
    const auto bytes = file.bytes(*info);
    EXPECT_EQ(std::vector(bytes.begin(), bytes.end()), contents[i]);
  }
}

TEST_F(SafetensorsTest, WritesTheFormatOfTransformers) {
  write_safetensors(path(), {});

  EXPECT_THAT(
      SafetensorsFile(path()).metadata(), ElementsAre(Pair("format", "pt")));
}

TEST_F(SafetensorsTest, AlignsEveryTensorToItsElements) {
  const auto bytes = counting_bytes(24);
  write_safetensors(
      path(),
      {{"a", Dtype::kU8, {3}, std::span(bytes).first(3)},
       {"bb", Dtype::kF64, {3}, bytes},
       {"c", Dtype::kF16, {1}, std::span(bytes).first(2)}});

  const SafetensorsFile file(path());
  const auto* data = file.bytes(file.tensors().front()).data();

  EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 8, 0u);
  EXPECT_EQ(file.tensors()[0].name, "bb");
  EXPECT_EQ(file.tensors()[1].begin, 24u);
  EXPECT_EQ(file.tensors()[2].begin, 26u);
}

TEST_F(SafetensorsTest, FindsNothingUnderAnUnknownName) {
  write_safetensors(path(), {});

  EXPECT_EQ(SafetensorsFile(path()).find("x"), nullptr);
}

TEST_F(SafetensorsTest, RefusesBytesThatDoNotFitTheShape) {
  const auto bytes = counting_bytes(7);

  EXPECT_THAT(
      [&] {
        write_safetensors(path(), {{"x", Dtype::kF32, {2}, bytes}});
      },
      ThrowsMessage<InputError>(HasSubstr("tensor \"x\" has 7 bytes")));
  EXPECT_THAT(std::filesystem::exists(path()), false);
}

TEST_F(SafetensorsTest, RefusesTwoTensorsOfOneName) {
  EXPECT_THAT(
      [&] {
        write_safetensors(
            path(),
            {{"x", Dtype::kU8, {0}, {}},
             {"y", Dtype::kU8, {0}, {}},
             {"x", Dtype::kF32, {0}, {}}});
      },
      ThrowsMessage<InputError>(HasSubstr("two tensors are called \"x\"")));
}

TEST_F(SafetensorsTest, RefusesNamesThatTheReaderWouldRefuse) {
  for (const std::string& name :
       {std::string(), std::string("__metadata__"), std::string("a\0b", 3)}) {
    EXPECT_THAT(
        [&] {
          write_safetensors(path(), {{name, Dtype::kU8, {0}, {}}});
        },
        ThrowsMessage<InputError>(HasSubstr("invalid tensor name")));
  }
}

TEST_F(SafetensorsTest, RefusesANameThatIsNotUtf8) {
  EXPECT_THAT(
      [&] {
        write_safetensors(path(), {{"\xff", Dtype::kU8, {0}, {}}});
      },
      ThrowsMessage<InputError>(HasSubstr("not UTF-8")));
}

TEST_F(SafetensorsTest, AFullDiskLeavesNothingBehind) {
  const auto bytes = counting_bytes(8);

  EXPECT_THROW(
      write_safetensors("/dev/full/x", {{"x", Dtype::kU8, {8}, bytes}}),
      IoError);
  EXPECT_THAT(
      std::vector<std::filesystem::directory_entry>(
          std::filesystem::directory_iterator(folder.path()), {}),
      IsEmpty());
}

TEST_F(SafetensorsTest, AMissingFileIsNamed) {
  EXPECT_THAT(
      [&] { SafetensorsFile file(path()); },
      ThrowsMessage<InputError>(HasSubstr("model.safetensors")));
}

TEST_F(SafetensorsTest, TheHashIsThatOfTheFile) {
  const auto bytes = counting_bytes(5);
  write_safetensors(path(), {{"x", Dtype::kU8, {5}, bytes}});

  EXPECT_EQ(SafetensorsFile(path()).sha256(), sha256(read_file(path())));
}

TEST_F(SafetensorsTest, OpensAHundredThousandTensors) {
  std::vector<TensorView> tensors;
  for (int i = 0; i < 100000; ++i) {
    tensors.push_back(
        {concat("model.layers.", i, ".weight"), Dtype::kF32, {0, 16}, {}});
  }
  write_safetensors(path(), tensors);

  const SafetensorsFile file(path());

  EXPECT_EQ(file.tensors().size(), 100000u);
}

} // namespace
} // namespace microfiche::checkpoint
