#include "page/image_file.h"

#include "core/error.h"
#include "tests/page/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace microfiche::page {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

PageImage decode(const std::string& bytes) {
  return decode_image(std::as_bytes(std::span(bytes)), "scan.png");
}

TEST(ImageFileTest, ReadsEveryFormatAsPillowDoes) {
  for (const auto& golden : golden_cases("files.json")) {
    const auto image =
        read_image(golden_path("files/" + golden["file"].get<std::string>()));

    EXPECT_EQ((Json{image.width, image.height}), golden["size"]) << golden;
    EXPECT_EQ(pixel_hash(image), golden["sha256"]) << golden;
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

TEST(ImageFileTest, RefusesWhatItWouldReadOtherwiseThanPillow) {
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
      ThrowsMessage<InputError>(HasSubstr("expected a PNG, JPEG, WebP")));
}

} // namespace
} // namespace microfiche::page
