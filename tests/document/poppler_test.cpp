#include "document/poppler.h"

#include "core/error.h"
#include "document/pdf.h"
#include "tests/document/pdf_fixture.h"

#include <sys/wait.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

namespace microfiche::document {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;
using tests::write_pdf;

namespace fs = std::filesystem;
using PopplerTest = PdfTest;

int64_t num_dark_bytes(const page::PageImage& image) {
  return std::count_if(
      image.rgb.begin(), image.rgb.end(), [](int byte) { return byte < 128; });
}

TEST_F(PopplerTest, DrawsChineseTextWithoutAnEmbeddedFont) {
  const auto page =
      PdfFile(MICROFICHE_SOURCE_DIR "/tests/data/cases/cjk.pdf").render(1);

  EXPECT_TRUE(has_poppler_data()) << "apt-get install poppler-data";
  EXPECT_THAT(page.warnings, IsEmpty());
  EXPECT_GT(num_dark_bytes(page.image), 10'000);
}

TEST_F(PopplerTest, DrawsJapaneseTextWithoutAnEmbeddedFont) {
  auto objects =
      one_page("/MediaBox[0 0 200 100]/Resources<</Font<</F 5 0 R>>>>");
  objects[3] =
      "<</Length 49>>\nstream\nBT /F 40 Tf 20 20 Td <65e5672c8a9e> Tj ET       "
      " \nendstream";
  objects.push_back(
      "<</Type/Font/Subtype/Type0/BaseFont/Ryumin-Light/Encoding"
      "/UniJIS-UCS2-H/DescendantFonts[6 0 R]>>");
  objects.push_back(
      "<</Type/Font/Subtype/CIDFontType0/BaseFont/Ryumin-Light/CIDSystemInfo"
      "<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>/FontDescriptor"
      " 7 0 R>>");
  objects.push_back(
      "<</Type/FontDescriptor/FontName/Ryumin-Light/Flags 6/FontBBox"
      "[0 -200 1000 900]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700"
      "/StemV 80>>");

  const auto page = PdfFile(file(write_pdf(objects))).render(1);

  EXPECT_THAT(page.warnings, IsEmpty());
  EXPECT_GT(num_dark_bytes(page.image), 5'000);
}

TEST(PopplerWarningsTest, NamesThePackageThatAChinesePageNeeds) {
  EXPECT_THAT(
      find_warnings("Syntax Error: Missing language pack for 'Adobe-GB1' "
                    "mapping\n"),
      ElementsAre(AllOf(
          HasSubstr("the page may lack something, Poppler reports \"Syntax "
                    "Error: Missing language pack for 'Adobe-GB1' mapping\""),
          HasSubstr("sudo apt-get install poppler-data"))));
}

TEST(PopplerWarningsTest, ListsEachErrorOnceWithoutItsPosition) {
  EXPECT_THAT(
      find_warnings("Syntax Error (1911): No font in show\n"
                    "Syntax Warning: harmless\n"
                    "Syntax Error (1925): No font in show\n"
                    "Config Error: no \xFFont\n"),
      ElementsAre(
          HasSubstr("\"Syntax Error: No font in show\""),
          HasSubstr("\"Config Error: no ?ont\"")));
}

TEST(PopplerWarningsTest, ListsTenErrorsAtMost) {
  std::string errors;
  for (int i = 0; i < 1000; ++i) {
    errors += concat("Syntax Error: Unknown font tag 'F", i, "'\n");
  }

  EXPECT_THAT(find_warnings(errors), SizeIs(10));
}

TEST_F(PopplerTest, WarnsOfWhatAPageLacks) {
  auto objects = one_page("/MediaBox[0 0 200 100]");
  objects[3] = "<</Length 14>>\nstream\n/Im1 Do 1 0 rg \nendstream";

  const auto page = PdfFile(file(write_pdf(objects))).render(1);

  EXPECT_EQ(page.image.width, 400);
  EXPECT_THAT(
      page.warnings,
      ElementsAre(
          HasSubstr("XObject 'Im1' is unknown"),
          HasSubstr("Too few (2) args")));
}

TEST_F(PopplerTest, NamesAMissingProgramAndThePackageThatHasIt) {
  PdfOptions options;
  options.pdftoppm = "no-such-pdftoppm";
  const PdfFile pdf(good(), options);

  try {
    pdf.render(1);
    FAIL() << "rendered without a program";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kFailure);
    EXPECT_THAT(
        error.what(),
        AllOf(
            HasSubstr("no-such-pdftoppm: not found"),
            HasSubstr("sudo apt-get install poppler-utils")));
  }
}

TEST_F(PopplerTest, AProgramThatHangsIsStopped) {
  const auto path = good();
  PdfOptions options;
  options.time_limit_s = 0.5;
  options.pdfinfo = fake("exec sleep 100");
  const auto start = std::chrono::steady_clock::now();

  EXPECT_THAT(
      [&] { PdfFile(path, options); },
      ThrowsMessage<InputError>(HasSubstr(
          "scan.pdf: " + options.pdfinfo +
          " was stopped after 0.5 s; raise time_limit_s")));

  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST_F(PopplerTest, APageThatTakesTooLongIsNamed) {
  PdfOptions options;
  options.time_limit_s = 2;
  options.pdftoppm = fake("exec sleep 100");
  const PdfFile pdf(good(), options);

  EXPECT_THAT(
      [&] { pdf.render(1); },
      ThrowsMessage<InputError>(HasSubstr(
          "scan.pdf: page 1: " + options.pdftoppm + " was stopped after 2 s")));
}

TEST_F(PopplerTest, AProgramThatCrashesIsAnErrorOfItsPage) {
  PdfOptions options;
  options.pdftoppm = fake("kill -SEGV $$");
  const PdfFile pdf(good(), options);

  EXPECT_THAT(
      [&] { pdf.render(1); },
      ThrowsMessage<InputError>(HasSubstr(
          "scan.pdf: page 1: " + options.pdftoppm +
          " was ended by signal 11")));
}

TEST_F(PopplerTest, SurvivesMutatedFilesAndLeavesNothingBehind) {
  constexpr int kFiles = 200;
  constexpr int kThreads = 4;
  const tests::TemporaryFolder temporary;
  const char* const before = std::getenv("TMPDIR");
  const std::string restored = before == nullptr ? "" : before;
  ::setenv("TMPDIR", temporary.path().c_str(), /*overwrite=*/1);
  const auto whole = write_pdf(one_page("/MediaBox[0 0 200 100]"));
  std::atomic<int> pages = 0;
  std::atomic<int> refused = 0;

  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const auto path = folder_.path() / concat("mutated-", thread, ".pdf");
      for (int i = thread; i < kFiles; i += kThreads) {
        std::mt19937 random(static_cast<uint32_t>(i));
        auto bytes = whole;
        for (size_t change = random() % 8; change < 8; ++change) {
          bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        write_file(path, bytes);
        PdfOptions options;
        options.dpi = 36;
        try {
          pages += PdfFile(path, options).render(1).image.width > 0 ? 1 : 0;
        } catch (const InputError&) {
          ++refused;
        }
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }

  EXPECT_EQ(pages + refused, kFiles);
  EXPECT_GT(pages, 0);
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(fs::is_empty(temporary.path()));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  if (restored.empty()) {
    ::unsetenv("TMPDIR");
  } else {
    ::setenv("TMPDIR", restored.c_str(), /*overwrite=*/1);
  }
}

} // namespace
} // namespace microfiche::document
