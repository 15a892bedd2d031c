#include "checkpoint/safetensors_header.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace microfiche::checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

std::string little_endian(uint64_t number) {
  std::string bytes;
  for (size_t i = 0; i < 8; ++i) {
    bytes += static_cast<char>(number >> (8 * i));
  }
  return bytes;
}

/// A file with this header and `data_bytes` zeros.
std::string make_file(const std::string& header, size_t data_bytes = 0) {
  return little_endian(header.size()) + header + std::string(data_bytes, '\0');
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors_header(
      std::as_bytes(std::span(file.data(), file.size())), "model.safetensors");
}

TEST(SafetensorsHeaderTest, ListsTensorsInTheOrderOfTheirData) {
  const auto header = parse(make_file(
      R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},)"
      R"("a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}})",
      12));

  ASSERT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors[0].name, "a");
  EXPECT_EQ(header.tensors[0].dtype, Dtype::kBF16);
  EXPECT_THAT(header.tensors[0].shape, ElementsAre(1, 2));
  EXPECT_EQ(header.tensors[1].begin, 4u);
  EXPECT_EQ(header.tensors[1].end, 12u);
}

TEST(SafetensorsHeaderTest, ATruncatedFileSaysWhereItShouldEnd) {
  const std::string whole = make_file(
      R"({"lm_head.weight":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}})",
      32);
  const std::string half = whole.substr(0, whole.size() - 16);

  EXPECT_THAT(
      [&] { parse(half); },
      ThrowsMessage<InputError>(StrEq(concat(
          "model.safetensors: tensor \"lm_head.weight\" ends at byte ",
          whole.size(),
          " but the file has ",
          half.size(),
          "; incomplete download?"))));
}

struct Case {
  const char* name;
  std::string file;
  /// Part of the message; null if the file is accepted.
  const char* message;
};

std::string one(const std::string& entry, size_t data_bytes = 4) {
  return make_file("{\"x\":" + entry + "}", data_bytes);
}

std::string shaped(const std::string& shape, size_t data_bytes = 4) {
  return one(
      R"({"dtype":"U8","shape":)" + shape + R"(,"data_offsets":[0,)" +
          std::to_string(data_bytes) + "]}",
      data_bytes);
}

std::string ones(size_t rank) {
  std::string shape = "[1";
  for (size_t i = 1; i < rank; ++i) {
    shape += ",1";
  }
  return shape + "]";
}

const std::string kGood = R"({"dtype":"U8","shape":[4],"data_offsets":[0,4]})";

std::string two(const std::string& first, const std::string& second) {
  return make_file(
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
          R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}",
      8);
}

/// A header of tensors without bytes.
std::string many_tensors(int count) {
  std::string header;
  for (int i = 0; i < count; ++i) {
    header += concat(
        i == 0 ? "{" : ",",
        "\"",
        i,
        R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})");
  }
  return make_file(header + "}");
}

// Rows of reliability.md 1.1 and of the format's description.
const Case kCases[] = {
    {"Good", one(kGood), nullptr},
    {"NoTensors", make_file("{}"), nullptr},
    {"LeadingSpaces", make_file("   {}"), nullptr},
    {"TrailingSpaces", make_file("{}    "), nullptr},
    {"Scalar", shaped("[]", 1), nullptr},
    {"EmptyTensor", shaped("[0,3]", 0), nullptr},
    {"Rank64", shaped(ones(64), 1), nullptr},
    {"Metadata", make_file(R"({"__metadata__":{"format":"pt"}})"), nullptr},
    {"EmptyFile", "", "0 bytes are not a safetensors file"},
    {"SevenBytes", "1234567", "7 bytes are not a safetensors file"},
    {"LengthBeyondTheFile", little_endian(9) + "{}", "incomplete download"},
    {"LengthBeyondTheLimit", little_endian(100000001) + "{}", "limit"},
    {"LengthOf63Bits", little_endian(uint64_t{1} << 63) + "{}", "limit"},
    {"GitLfsPointer",
     "version https://git-lfs.github.com/spec/v1\n"
     "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e239"
     "3\nsize 12345\n",
     "is a Git LFS pointer, not the file itself; run `git lfs pull`"},
    {"GitLfsPointerWithAnExtension",
     "version https://git-lfs.github.com/spec/v1\next-0-foo sha256:ab\n",
     "is a Git LFS pointer"},
    {"EmptyHeader", make_file(""), "not JSON"},
    {"NoJson", make_file("{]"), "not JSON"},
    {"InvalidUtf8", make_file("{\"\xff\":1}"), "not JSON"},
    {"ByteOrderMark", make_file("\xef\xbb\xbf{}"), "byte order mark"},
    {"NulPadding", make_file(std::string("{}\0\0", 4)), "NUL"},
    {"TextAfterTheObject", make_file("{}{}"), "not JSON"},
    {"TopLevelList", make_file("[]"), "must be an object, got array"},
    {"TopLevelNumber", make_file("1"), "must be an object, got number"},
    {"TopLevelNegativeNumber",
     make_file("-3"),
     "must be an object, got number"},
    {"DeepLists", make_file(std::string(20000, '[')), "deeper than 64"},
    {"DeepShape", shaped(std::string(20000, '[')), "deeper than 64"},
    {"EntryOfTheWrongType", one("1"), "tensor \"x\": expected an object"},
    {"Overlap", two("[0,4]", "[3,7]"), "\"b\" overlaps"},
    {"Hole", two("[0,4]", "[5,9]"), "leaves 1 bytes unused"},
    {"TrailingByte", one(kGood, 5), "1 bytes follow the last tensor"},
    {"OneByteShort", one(kGood, 3), "incomplete download"},
    {"EndsBeforeItBegins",
     one(R"({"dtype":"U8","shape":[0],"data_offsets":[4,0]})"),
     "begins at byte 4 and ends at 0"},
    {"NegativeDimension",
     shaped("[-1]"),
     "dimensions from 0 to 2^63-1, got -1"},
    {"FractionalDimension", shaped("[4.0]"), "got 4.0"},
    {"DimensionAbove64Bits",
     shaped("[18446744073709551616]"),
     "got 1.8446744073709552e+19"},
    {"DimensionAbove63Bits",
     shaped("[9223372036854775808]"),
     "got 9223372036854775808"},
    {"TextDimension", shaped("[\"4\"]"), "got \"4\""},
    {"Rank65", shaped(ones(65), 1), "more than 64 dimensions"},
    {"OverflowingShape",
     shaped("[4294967296,4294967296,4294967296]"),
     "without a valid size"},
    {"OverflowHiddenByAZero",
     shaped("[0,9223372036854775807,9223372036854775807]", 0),
     "without a valid size"},
    {"HalfAByte",
     one(R"({"dtype":"F4","shape":[3],"data_offsets":[0,1]})", 1),
     "without a valid size"},
    {"SizeUnlikeShape", shaped("[5]"), "has 4 bytes, but its shape"},
    {"NoShape", one(R"({"dtype":"U8","data_offsets":[0,4]})"), "no shape"},
    {"NoDtype", one(R"({"shape":[4],"data_offsets":[0,4]})"), "no dtype"},
    {"NoOffsets",
     one(R"({"dtype":"U8","shape":[4]})"),
     "data_offsets must be two numbers"},
    {"ThreeOffsets",
     one(R"({"dtype":"U8","shape":[4],"data_offsets":[0,4,4]})"),
     "data_offsets must be two numbers"},
    {"OneOffset",
     one(R"({"dtype":"U8","shape":[4],"data_offsets":[0]})"),
     "data_offsets must be two numbers"},
    {"NegativeOffset",
     one(R"({"dtype":"U8","shape":[4],"data_offsets":[-4,0]})"),
     "whole numbers from 0, got -4"},
    {"UnknownDtype",
     one(R"({"dtype":"F33","shape":[4],"data_offsets":[0,4]})"),
     "unknown dtype \"F33\""},
    {"UnknownField",
     one(R"({"dtype":"U8","shape":[4],"data_offsets":[0,4],"extra":"1"})"),
     "unknown field \"extra\""},
    {"DtypeTwice",
     one(R"({"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]})"),
     "field \"dtype\" is given twice"},
    {"NameTwice",
     make_file("{\"x\":" + kGood + ",\"x\":" + kGood + "}", 4),
     "\"x\" is given twice"},
    {"MetadataKeyTwice",
     make_file(R"({"__metadata__":{"a":"1","a":"2"}})"),
     "\"a\" is given twice"},
    {"MetadataTwice",
     make_file(R"({"__metadata__":{},"__metadata__":{}})"),
     "\"__metadata__\" is given twice"},
    {"MetadataThatIsNotAString",
     make_file(R"({"__metadata__":{"a":1}})"),
     "metadata \"a\" must be a string"},
    {"MoreTensorsThanAnyModelHas", many_tensors(131073), "more than 131072"},
    {"EmptyName", make_file("{\"\":" + kGood + "}", 4), "empty name"},
    {"NulInTheName",
     make_file("{\"a\\u0000b\":" + kGood + "}", 4),
     "contains a NUL"},
};

class SafetensorsHeaderCaseTest : public ::testing::TestWithParam<Case> {};

TEST_P(SafetensorsHeaderCaseTest, IsAcceptedOrRefusedWithTheReason) {
  const Case& file = GetParam();

  if (file.message == nullptr) {
    EXPECT_NO_THROW(parse(file.file));
  } else {
    EXPECT_THAT(
        [&] { parse(file.file); },
        ThrowsMessage<InputError>(HasSubstr(file.message)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Matrix,
    SafetensorsHeaderCaseTest,
    ::testing::ValuesIn(kCases),
    [](const auto& info) { return std::string(info.param.name); });

} // namespace
} // namespace microfiche::checkpoint
