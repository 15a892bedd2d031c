#include "page/image_header.h"

#include "core/error.h"
#include "page/page_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::page {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using namespace std::string_literals;

ImageHeader read(const std::string& bytes) {
  return read_image_header(std::as_bytes(std::span(bytes)), "scan");
}

std::string big_endian(uint32_t value) {
  return {
      static_cast<char>(value >> 24),
      static_cast<char>(value >> 16),
      static_cast<char>(value >> 8),
      static_cast<char>(value)};
}

/// A PNG with these sides and no pixels.
std::string png(uint32_t width, uint32_t height) {
  return "\x89PNG\r\n\x1A\n" + big_endian(13) + "IHDR" + big_endian(width) +
      big_endian(height) + "\x08\x02\0\0\0"s + big_endian(0) + big_endian(0) +
      "IEND" + big_endian(0);
}

/// A JPEG of one scan with these sides.
std::string jpeg(uint16_t width, uint16_t height) {
  const std::string sides = big_endian(uint32_t{height} << 16 | width);
  return "\xFF\xD8\xFF\xC0\x00\x0B\x08"s + sides +
      "\x01\x01\x11\x00\xFF\xDA\x00\x02"s + "data\xFF\x00more\xFF\xD9"s;
}

/// A TIFF that states where its only strip begins, how many bytes it has, and,
/// if not 0, the side of its tiles.
std::string tiff(
    uint16_t width,
    uint16_t strip_begin,
    uint16_t strip_size,
    uint16_t tile = 0) {
  const auto entry = [](uint16_t tag, uint16_t value) {
    return std::string{
        static_cast<char>(tag),
        static_cast<char>(tag >> 8),
        3,
        0,
        1,
        0,
        0,
        0,
        static_cast<char>(value),
        static_cast<char>(value >> 8),
        0,
        0};
  };
  const std::string tiles =
      tile == 0 ? "" : entry(322, tile) + entry(323, tile);
  return "II*\0\x08\0\0\0"s + (tile == 0 ? "\5\0"s : "\7\0"s) +
      entry(256, width) + entry(257, 3) + entry(273, strip_begin) +
      entry(274, 6) + entry(279, strip_size) + tiles + "\0\0\0\0"s;
}

TEST(ImageHeaderTest, ReadsThePngsSides) {
  const auto header = read(png(640, 480));

  EXPECT_EQ(header.format, ImageFormat::kPng);
  EXPECT_EQ(header.width, 640);
  EXPECT_EQ(header.height, 480);
  EXPECT_EQ(header.orientation, 1);
}

TEST(ImageHeaderTest, ReadsTheJpegsSides) {
  const auto header = read(jpeg(30, 20));

  EXPECT_EQ(header.format, ImageFormat::kJpeg);
  EXPECT_EQ(header.width, 30);
  EXPECT_EQ(header.height, 20);
}

TEST(ImageHeaderTest, ReadsTheTiffsSidesAndOrientation) {
  const auto header = read(tiff(5, 8, 4));

  EXPECT_EQ(header.format, ImageFormat::kTiff);
  EXPECT_EQ(header.width, 5);
  EXPECT_EQ(header.height, 3);
  EXPECT_EQ(header.orientation, 6);
}

TEST(ImageHeaderTest, RefusesAFileOfAnotherFormat) {
  EXPECT_THAT(
      [] { read("PSD and so on"); },
      ThrowsMessage<InputError>(
          HasSubstr("scan: not an image that can be read; expected a PNG, "
                    "JPEG, WebP or TIFF")));
}

TEST(ImageHeaderTest, NamesAFormatThatIsNotReadAndHowToConvertIt) {
  const std::map<std::string, std::string> starts = {
      {"BMP", "BM\x36\0\0\0"s},
      {"GIF", "GIF89a\1\0"s},
      {"JPEG 2000", "\0\0\0\x0CjP  "s},
      {"AVIF",
       "\0\0\0\x20"
       "ftypavif"s}};
  for (const auto& format : starts) {
    EXPECT_THAT(
        [&] { read(format.second); },
        ThrowsMessage<InputError>(HasSubstr(
            "scan: expected PNG, JPEG, WebP or TIFF, got " + format.first +
            "; convert it, for example with ImageMagick: magick IN OUT.png")));
  }
}

TEST(ImageHeaderTest, NamesAGitLfsPointer) {
  EXPECT_THAT(
      [] {
        read("version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
      },
      ThrowsMessage<InputError>(
          HasSubstr("scan: is a Git LFS pointer, not the file itself")));
}

TEST(ImageHeaderTest, RefusesAnEmptyFile) {
  EXPECT_THAT(
      [] { read(""); }, ThrowsMessage<InputError>(HasSubstr("empty file")));
}

TEST(ImageHeaderTest, RefusesMorePixelsThanTheLimit) {
  EXPECT_THAT(
      [] { read(png(20000, 20000)); },
      ThrowsMessage<InputError>(HasSubstr(
          "20000 x 20000 pixels are more than the limit of 67108864")));
}

TEST(ImageHeaderTest, RefusesSidesWhoseProductWouldOverflow) {
  EXPECT_THAT(
      [] { read(png(0xFFFFFFFF, 0xFFFFFFFF)); },
      ThrowsMessage<InputError>(HasSubstr("more than the limit")));
}

TEST(ImageHeaderTest, RefusesAnImageWithoutPixels) {
  EXPECT_THAT(
      [] { read(png(0, 7)); },
      ThrowsMessage<InputError>(HasSubstr("image of 0 x 7 pixels")));
}

TEST(ImageHeaderTest, RefusesEveryTruncationOfAPng) {
  const auto whole = png(4, 4);
  for (size_t size = 8; size + 4 < whole.size(); ++size) {
    EXPECT_THROW(read(whole.substr(0, size)), InputError) << size;
  }
}

TEST(ImageHeaderTest, RefusesEveryTruncationOfAJpeg) {
  const auto whole = jpeg(4, 4);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(read(whole.substr(0, size)), InputError) << size;
  }
}

TEST(ImageHeaderTest, RefusesAJpegWithTooFewBytesForItsPixels) {
  EXPECT_THAT(
      [] { read(jpeg(8063, 8063)); },
      ThrowsMessage<InputError>(
          HasSubstr("bytes cannot hold 8063 x 8063 pixels")));
}

TEST(ImageHeaderTest, RefusesAJpegWithTwoFrames) {
  const auto whole = jpeg(4, 4);
  const auto frame = whole.substr(2, 13);

  EXPECT_THAT(
      [&] { read(whole.substr(0, 15) + frame + whole.substr(15)); },
      ThrowsMessage<InputError>(HasSubstr("it has two frames")));
}

TEST(ImageHeaderTest, RefusesAJpegOfMoreThan64Scans) {
  const auto whole = jpeg(4, 4);
  std::string scans;
  for (int i = 0; i < 64; ++i) {
    scans += "\xFF\xDA\x00\x02"s;
  }

  EXPECT_THAT(
      [&] { read(whole.substr(0, 15) + scans + whole.substr(15)); },
      ThrowsMessage<InputError>(HasSubstr("more than 64 scans")));
}

TEST(ImageHeaderTest, RefusesAPngWithFarMoreBytesThanItsPixelsTake) {
  const auto whole = png(4, 4);
  const std::string chunk =
      big_endian(200'000) + "IDAT" + std::string(200'000 + 4, '\0');

  EXPECT_THAT(
      [&] { read(whole.substr(0, 33) + chunk + whole.substr(33)); },
      ThrowsMessage<InputError>(
          HasSubstr("200000 bytes are more than 4 x 4 pixels take")));
}

TEST(ImageHeaderTest, RefusesATiffWithTilesFarLargerThanItself) {
  EXPECT_THAT(
      [] { read(tiff(5, 8, 4, /*tile=*/30000)); },
      ThrowsMessage<InputError>(
          HasSubstr("TIFF of 5 x 3 pixels in tiles of 30000 x 30000")));
}

TEST(ImageHeaderTest, RefusesATiffWhosePixelsAreBeyondItsEnd) {
  EXPECT_THAT(
      [] { read(tiff(5, 8, 60000)); },
      ThrowsMessage<InputError>(HasSubstr("incomplete download?")));
}

TEST(ImageHeaderTest, ReadsThePagesOfABigEndianTiff) {
  const auto directory = [](char width, char next) {
    return "\0\2"s + "\1\0\0\3\0\0\0\1\0"s + width + "\0\0"s +
        "\1\1\0\3\0\0\0\1\0\7\0\0"s + "\0\0\0"s + next;
  };
  const auto bytes = "MM\0*\0\0\0\x08"s + directory(5, 38) + directory(9, 0);

  EXPECT_EQ(read(bytes).num_pages, 2);
  EXPECT_EQ(read(bytes).width, 5);
  EXPECT_EQ(
      read_image_header(std::as_bytes(std::span(bytes)), "scan", 2).width, 9);
}

TEST(ImageHeaderTest, RefusesATiffWhosePagesRunInACircle) {
  auto bytes = tiff(5, 8, 4);
  bytes[bytes.size() - 4] = 8;

  EXPECT_THAT(
      [&] { read(bytes); },
      ThrowsMessage<InputError>(
          HasSubstr("its list of pages runs in a circle at byte 8")));
}

TEST(ImageHeaderTest, RefusesATiffWhoseNextPageIsBeyondItsEnd) {
  auto bytes = tiff(5, 8, 4);
  bytes[bytes.size() - 2] = 1;

  EXPECT_THAT(
      [&] { read(bytes); },
      ThrowsMessage<InputError>(HasSubstr("incomplete download?")));
}

TEST(ImageHeaderTest, RefusesASecondPageOfAPng) {
  const auto bytes = png(4, 4);

  EXPECT_THAT(
      [&] { read_image_header(std::as_bytes(std::span(bytes)), "scan", 2); },
      ThrowsMessage<InputError>(HasSubstr("expected page 1 of an image")));
}

TEST(ImageHeaderTest, RefusesATiffWhoseDirectoryIsBeyondItsEnd) {
  EXPECT_THAT(
      [] { read("II*\0\xFF\xFF\xFF\xFF"s); },
      ThrowsMessage<InputError>(HasSubstr("ends at byte 8")));
}

} // namespace
} // namespace microfiche::page
