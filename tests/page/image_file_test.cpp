#include "page/image_file.h"

#include "core/error.h"
#include "tests/page/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace microfiche::page {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

PageImage decode(const std::string& bytes) {
  return decode_image(std::as_bytes(std::span(bytes)), "scan.png");
}

std::string data_path(const std::string& name) {
  return MICROFICHE_SOURCE_DIR "/tests/data/" + name;
}

TEST(ImageFileTest, ReadsEveryPageOfEveryFormatAsPillowDoes) {
  for (const auto& golden : golden_cases("files.json")) {
    const auto file = golden["file"].get<std::string>();
    const auto path =
        file.starts_with("cases/") ? data_path(file) : golden_path(file);
    const auto image = read_page(path, golden["page"].get<int64_t>()).image;

    EXPECT_EQ(count_pages(path), golden["pages"]) << golden;
    EXPECT_EQ((Json{image.width, image.height}), golden["size"]) << golden;
    EXPECT_EQ(pixel_hash(image), golden["sha256"]) << golden;
  }
}

TEST(ImageFileTest, RefusesAPageThatATiffDoesNotHave) {
  for (const int64_t page : {0, 4}) {
    EXPECT_THAT(
        [&] { read_page(data_path("cases/multi.tif"), page); },
        ThrowsMessage<InputError>(
            HasSubstr(concat("expected a page of 1 to 3, got ", page))));
  }
}

TEST(ImageFileTest, RefusesSeveralPagesWhereOneIsExpected) {
  EXPECT_THAT(
      [] { read_image(data_path("cases/multi.tif")); },
      ThrowsMessage<InputError>(
          HasSubstr("multi.tif: has 3 pages; expected an image of one page")));
}

TEST(ImageFileTest, RefusesFloatAndSignedSamples) {
  EXPECT_THAT(
      [] { read_image(data_path("cases/float.tif")); },
      ThrowsMessage<InputError>(
          HasSubstr("float.tif: TIFF with floating-point samples of 32 bits; "
                    "expected unsigned samples of at most 16 bits")));
  EXPECT_THAT(
      [] { read_image(golden_path("refused/integers.tif")); },
      ThrowsMessage<InputError>(
          HasSubstr("TIFF with signed samples of 32 bits")));
}

TEST(ImageFileTest, RefusesABigTiff) {
  using namespace std::string_literals;
  EXPECT_THAT(
      [] { read_image(data_path("cases/big.tif")); },
      ThrowsMessage<InputError>(HasSubstr("big.tif: BigTIFF")));
  EXPECT_THAT(
      [] { decode("MM\0+\0\x08\0\0"s); },
      ThrowsMessage<InputError>(HasSubstr("scan.png: BigTIFF")));
}

TEST(ImageFileTest, WarnsOfInkThatTurnsBlackWithItsTransparentPaper) {
  for (const auto& path :
       {data_path("cases/ink_on_transparent.png"),
        golden_path("transparent/grey.png"),
        golden_path("transparent/palette.png"),
        golden_path("transparent/ink.webp")}) {
    const auto page = read_page(path, 1);

    EXPECT_THAT(
        page.warnings,
        ElementsAre(HasSubstr("transparent pixels become black")))
        << path;
  }
}

TEST(ImageFileTest, DoesNotWarnOfAnOpaquePage) {
  for (const auto* name :
       {"files/alpha.png",
        "files/rgb.png",
        "transparent/black_opaque.png",
        "transparent/black_opaque_alpha.png"}) {
    EXPECT_THAT(read_page(golden_path(name), 1).warnings, IsEmpty()) << name;
  }
}

TEST(ImageFileTest, APngKeepsEveryPixel) {
  const auto image = noise(31, 17, 5);

  EXPECT_EQ(decode(encode_png(image)), image);
}

TEST(ImageFileTest, TheSamePageGivesTheSameBytes) {
  EXPECT_EQ(encode_png(noise(31, 17, 5)), encode_png(noise(31, 17, 5)));
}

TEST(ImageFileTest, AWrittenPngIsReadBack) {
  const auto path =
      std::filesystem::path(testing::TempDir()) / "image_file_test/page.png";
  const auto image = noise(8, 9, 0);

  write_png(path, image);

  EXPECT_EQ(read_image(path), image);
}

TEST(ImageFileTest, RefusesTextWithTheNameOfAnImage) {
  EXPECT_THAT(
      [] { decode("These are words, not pixels."); },
      ThrowsMessage<InputError>(
          HasSubstr("scan.png: not an image that can be read")));
}

TEST(ImageFileTest, RefusesAMissingFile) {
  EXPECT_THAT(
      [] { read_image("/nowhere/page.png"); },
      ThrowsMessage<InputError>(HasSubstr("/nowhere/page.png: cannot read")));
}

TEST(ImageFileTest, RefusesATruncatedFileOfEveryFormat) {
  for (const auto* name :
       {"rgb.png",
        "rgb.jpg",
        "progressive.jpg",
        "lossless.webp",
        "lossy.webp",
        "lzw.tif"}) {
    const auto whole = read_file(golden_path(std::string("files/") + name));
    const auto half = whole.substr(0, whole.size() / 2);

    EXPECT_THROW(decode(half), InputError) << name;
  }
}

TEST(ImageFileTest, RefusesDamagedPixels) {
  auto bytes = encode_png(noise(64, 64, 0));
  bytes[bytes.size() / 2] ^= 0x55;

  EXPECT_THAT(
      [&] { decode(bytes); },
      ThrowsMessage<InputError>(HasSubstr("scan.png: damaged image")));
}

TEST(ImageFileTest, RefusesAJpegWithMissingOrForeignBytes) {
  const auto whole = encode_jpeg(noise(64, 64, 0), 90);
  auto missing = whole;
  missing.erase(whole.size() / 2, 200);
  auto foreign = whole;
  foreign.insert(whole.size() - 2, "junk");

  for (const auto& bytes : {missing, foreign}) {
    EXPECT_THAT(
        [&] { decode(bytes); },
        ThrowsMessage<InputError>(
            HasSubstr("scan.png: damaged JPEG, the decoder says: ")));
  }
}

TEST(ImageFileTest, RefusesAnAnimatedPng) {
  auto bytes = encode_png(noise(8, 8, 0));
  // After the signature and IHDR: length, name, two numbers, checksum.
  bytes.insert(
      33,
      std::string(
          "\0\0\0\x08"
          "acTL"
          "\0\0\0\2\0\0\0\0"
          "sums",
          20));

  EXPECT_THAT(
      [&] { decode(bytes); },
      ThrowsMessage<InputError>(HasSubstr("scan.png: animated PNG")));
}

TEST(ImageFileTest, RefusesFilesThatPillowReadsDifferently) {
  const auto read = [](const char* name) {
    return [name] { read_image(golden_path(std::string("refused/") + name)); };
  };

  EXPECT_THAT(
      read("cmyk.jpg"), ThrowsMessage<InputError>(HasSubstr("JPEG in CMYK")));
  EXPECT_THAT(
      read("alpha.tif"),
      ThrowsMessage<InputError>(HasSubstr("TIFF with an alpha channel")));
  EXPECT_THAT(
      read("animated.webp"),
      ThrowsMessage<InputError>(HasSubstr("animated WebP")));
}

TEST(ImageFileTest, RefusesAFormatThatIsNotAllowed) {
  EXPECT_THAT(
      [] { read_image(golden_path("refused/picture.gif")); },
      ThrowsMessage<InputError>(HasSubstr("TIFF, got GIF")));
}

} // namespace
} // namespace microfiche::page
