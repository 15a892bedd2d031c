#include "sweep/run/tesseract_reader.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

TEST(TesseractReaderTest, ReadsThePagesThatAModelGets) {
  auto sweep = small_sweep();
  sweep.styles[0].fonts = {"DejaVu Sans Mono"};
  sweep.styles[0].margin = 0;
  sweep.styles[0].sizes = {{17.71, 21.3333}, {10.63, 10.6667}};
  sweep.characters_per_token = {12, 40};
  sweep.controls = {.wrong_page = true, .blank_page = false};
  sweep.pages_per_cell = 2;
  OracleReader model(sweep);
  std::unique_ptr<BatchReader> reader;
  try {
    reader = make_tesseract_reader(model);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kFailure);
    EXPECT_NE(
        std::string(error.what()).find("sudo apt-get install"),
        std::string::npos);
    GTEST_SKIP() << error.what();
  }
  const tests::TemporaryFolder folder;

  run_small_sweep(sweep, *reader, folder.path());

  const auto samples = read_run(folder.path()).samples;
  ASSERT_EQ(samples.size(), 4);
  for (const auto& sample : samples) {
    EXPECT_GT(metrics::metric_value(sample.metrics, "edit_similarity"), 0.95)
        << sample.page.reference << "\n\n"
        << sample.reading.text;
    EXPECT_EQ(sample.reading.vision_tokens.nominal, 9);
  }
}

} // namespace
} // namespace microfiche::sweep
