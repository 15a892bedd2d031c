#include "document/pdf.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/document/pdf_fixture.h"
#include "tests/document/pixels.h"

#include <cairo-pdf.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

namespace microfiche::document {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using tests::kWhite;
using tests::pixel;
using tests::write_pdf;

constexpr page::Colour kRed = {255, 0, 0};

TEST_F(PdfTest, RendersWhatCairoDrew) {
  const auto path = (folder_.path() / "cairo.pdf").string();
  auto* const surface = cairo_pdf_surface_create(path.c_str(), 200, 100);
  auto* const cairo = cairo_create(surface);
  cairo_show_page(cairo);
  cairo_pdf_surface_set_size(surface, 300, 150);
  cairo_set_source_rgb(cairo, 1, 0, 0);
  cairo_rectangle(cairo, 20, 10, 30, 20);
  cairo_fill(cairo);
  cairo_show_page(cairo);
  cairo_destroy(cairo);
  cairo_surface_destroy(surface);

  const PdfFile pdf(path);

  ASSERT_EQ(pdf.num_pages(), 2);
  EXPECT_EQ(pdf.render(1).image, page::make_page(400, 200, kWhite));
  const auto [image, warnings] = pdf.render(2);
  EXPECT_EQ(image.width, 600);
  EXPECT_EQ(image.height, 300);
  // At 144 dpi a point is two pixels.
  EXPECT_EQ(pixel(image, 41, 21), kRed);
  EXPECT_EQ(pixel(image, 98, 58), kRed);
  EXPECT_EQ(pixel(image, 38, 40), kWhite);
  EXPECT_EQ(pixel(image, 102, 40), kWhite);
  EXPECT_EQ(pixel(image, 70, 18), kWhite);
  EXPECT_EQ(pixel(image, 70, 62), kWhite);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(PdfTest, DpiSetsTheSizeRoundedUp) {
  PdfOptions options;
  options.dpi = 100;

  const auto image = PdfFile(good(), options).render(1).image;

  EXPECT_EQ(image.width, 278); // 277.8
  EXPECT_EQ(image.height, 139); // 138.9
}

TEST_F(PdfTest, RendersTheCropBoxTurned) {
  const auto path = file(write_pdf(
      one_page("/MediaBox[0 0 200 100]/CropBox[50 0 150 80]/Rotate 90")));

  const auto image = PdfFile(path).render(1).image;

  EXPECT_EQ(image.width, 160);
  EXPECT_EQ(image.height, 200);
  // Turned clockwise, the lower left corner is the upper left one.
  EXPECT_EQ(pixel(image, 2, 2), kRed);
  EXPECT_EQ(pixel(image, 17, 37), kRed);
  EXPECT_EQ(pixel(image, 23, 2), kWhite);
  EXPECT_EQ(pixel(image, 2, 43), kWhite);
}

TEST_F(PdfTest, AFileNameIsNeverAnOptionOrACommand) {
  const auto path = folder_.path() / "-upw $(id) 'a\".pdf";
  fs::rename(good(), path);

  EXPECT_EQ(PdfFile(path).render(1).image.width, 400);
}

TEST_F(PdfTest, TellsAPdfByItsBeginning) {
  EXPECT_TRUE(is_pdf(good()));
  EXPECT_TRUE(is_pdf(file("junk before it %PDF-1.7")));
  EXPECT_FALSE(is_pdf(file("These are words.")));
  EXPECT_FALSE(is_pdf("/nowhere/scan.pdf"));
  EXPECT_FALSE(is_pdf(folder_.path()));
}

TEST_F(PdfTest, RefusesAFileThatIsNotAPdf) {
  const auto open = [](const std::string& path) {
    return [path] { PdfFile pdf(path); };
  };

  EXPECT_THAT(
      open("/nowhere/scan.pdf"),
      ThrowsMessage<InputError>(
          HasSubstr("/nowhere/scan.pdf: cannot read: no such file")));
  EXPECT_THAT(
      open(folder_.path()),
      ThrowsMessage<InputError>(HasSubstr("is a folder or a pipe")));
  EXPECT_THAT(
      open(file("")),
      ThrowsMessage<InputError>(HasSubstr("scan.pdf: is empty")));
  EXPECT_THAT(
      open(file("These are words.")),
      ThrowsMessage<InputError>(HasSubstr("scan.pdf: not a PDF")));
}

TEST_F(PdfTest, RefusesADamagedFileWithPopplersMessage) {
  const auto path = file("%PDF-1.4\nnothing else");

  EXPECT_THAT(
      [&] { PdfFile pdf(path); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("scan.pdf: damaged PDF, pdfinfo reports \"Syntax Error"),
          HasSubstr("repair it with qpdf"))));
}

TEST_F(PdfTest, RefusesAnEncryptedFile) {
  auto objects = one_page("/MediaBox[0 0 200 100]");
  objects.push_back(concat(
      "<</Filter/Standard/V 1/R 2/P -4/O(",
      std::string(32, 'A'),
      ")/U(",
      std::string(32, 'B'),
      ")>>"));
  const auto path = file(write_pdf(objects, "/Encrypt 5 0 R/ID[<00><00>]"));

  EXPECT_THAT(
      [&] { PdfFile pdf(path); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("scan.pdf: encrypted with a password"),
          HasSubstr("qpdf --decrypt"))));
}

TEST_F(PdfTest, RefusesAFileWithoutPages) {
  const auto path = file(write_pdf(
      {"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"}));

  EXPECT_THAT(
      [&] { PdfFile pdf(path); },
      ThrowsMessage<InputError>(HasSubstr("scan.pdf: has no pages")));
}

TEST_F(PdfTest, RefusesAPageThatTheFileDoesNotHave) {
  const PdfFile pdf(good());

  for (const int64_t page : {-1, 0, 2}) {
    EXPECT_THAT(
        [&] { pdf.render(page); },
        ThrowsMessage<InputError>(
            HasSubstr(concat("expected a page of 1 to 1, got ", page))));
  }
}

TEST_F(PdfTest, RefusesAHugePageBeforeItIsRendered) {
  const auto path = file(write_pdf(one_page("/MediaBox[0 0 20000 14400]")));
  PdfOptions options;
  options.pdftoppm = "no-such-pdftoppm";

  EXPECT_THAT(
      [&] { PdfFile(path, options).render(1); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("scan.pdf: page 1: 20000 x 14400 points are more than "
                    "67108864 pixels at 144 dpi"),
          HasSubstr("set dpi to less than 35"))));
}

TEST_F(PdfTest, APageOf64MegapixelsFitsTheLimits) {
  const auto path = file(write_pdf(one_page("/MediaBox[0 0 4096 4096]")));

  const auto image = PdfFile(path).render(1).image;

  EXPECT_EQ(image.width * image.height, page::kMaxPixels);
}

TEST_F(PdfTest, RefusesOutputThatIsNotAPage) {
  for (const auto* output :
       {"",
        "P6\\n",
        "P5\\n1 1\\n255\\nabc",
        "P6\\n0 1\\n255\\n",
        "P6\\n-1 -1\\n255\\nabc",
        "P6\\n1 1\\n65535\\nabc",
        "P6\\n1 1\\n255\\nab",
        "P6\\n1 1\\n255\\nabcd",
        "P6\\n9223372036854775807 9223372036854775807\\n255\\nabc"}) {
    PdfOptions options;
    options.pdftoppm = fake(concat("printf '", output, "'"));
    const PdfFile pdf(good(), options);

    EXPECT_THAT(
        [&] { pdf.render(1); },
        ThrowsMessage<InputError>(HasSubstr("scan.pdf: page 1: ")))
        << output;
  }
}

TEST_F(PdfTest, RefusesOptionsOutsideTheirRanges) {
  const auto refused = [](int64_t dpi, double time_limit_s) {
    return [=] {
      PdfOptions options;
      options.dpi = dpi;
      options.time_limit_s = time_limit_s;
      validate(options, "read.pdf");
    };
  };

  EXPECT_THAT(
      refused(0, 60),
      ThrowsMessage<InputError>(HasSubstr("read.pdf.dpi: expected 1 to 2400")));
  EXPECT_THROW(refused(2401, 60)(), InputError);
  EXPECT_THAT(
      refused(144, 0),
      ThrowsMessage<InputError>(HasSubstr("read.pdf.time_limit_s")));
  EXPECT_THROW(refused(144, std::nan(""))(), InputError);
}

} // namespace
} // namespace microfiche::document
