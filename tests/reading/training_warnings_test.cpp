#include "reading/training_warnings.h"

#include "core/files.h"
#include "page/image_file.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace microfiche::reading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

model::ModelConfig nano_config() {
  return model::load_model_config(tests::nano_model() / "config.json");
}

/// The page style that the shipped model states it reads.
rendering::PageStyle trained_style() {
  const auto config = nano_config();
  return find_text_style("", config, model::find_mode(config, "nano-9")).style;
}

class TrainingWarningsTest : public ::testing::Test {
 protected:
  void render(const rendering::PageStyle& style) const {
    write_page_folder(
        folder.path(),
        style,
        {{"notes.txt", "The light on the hill was out."}});
  }

  std::vector<std::string> find(const std::string& file) {
    const auto page = find_page((folder.path() / file).string(), 0, {});
    return warnings.find(page, page.load().image);
  }

  tests::TemporaryFolder folder;
  TrainingWarnings warnings{
      nano_config(),
      model::find_mode(nano_config(), "nano-9")};
};

TEST_F(TrainingWarningsTest, ARenderedPageInTheTrainedStyleHasNone) {
  render(trained_style());

  EXPECT_THAT(find("page-0001.png"), IsEmpty());
}

TEST_F(TrainingWarningsTest, ARenderedPageInAnotherStyleIsComparedByItsStyle) {
  auto style = trained_style();
  style.font = "DejaVu Serif";
  style.font_size_px = 15;
  render(style);

  EXPECT_THAT(
      find("page-0001.png"),
      ElementsAre(
          HasSubstr("the font is DejaVu Serif"),
          HasSubstr("the font size is 15 px"),
          HasSubstr("the line distance is 18.07 px")));
}

TEST_F(TrainingWarningsTest, TheStyleOfAPageThatWasNotRenderedIsUnknown) {
  auto style = trained_style();
  style.font = "DejaVu Serif";
  render(style);
  page::write_png(
      folder.path() / "scan.png", page::make_page(192, 192, page::Colour{}));
  // Another image in the place of a rendered page.
  page::write_png(
      folder.path() / "page-0001.png",
      page::make_page(190, 192, page::Colour{}));

  EXPECT_THAT(find("scan.png"), IsEmpty());
  EXPECT_THAT(find("page-0001.png"), IsEmpty());
}

TEST_F(TrainingWarningsTest, EachSentenceIsReturnedOnce) {
  auto style = trained_style();
  style.font = "DejaVu Serif";
  render(style);

  EXPECT_THAT(find("page-0001.png"), ElementsAre(HasSubstr("DejaVu Serif")));
  EXPECT_THAT(find("page-0001.png"), IsEmpty());
}

TEST_F(TrainingWarningsTest, VisionTokensAreComparedByTheirMode) {
  EXPECT_THAT(warnings.find_for_mode("nano-4"), IsEmpty());
  EXPECT_THAT(
      warnings.find_for_mode("nano-36"),
      ElementsAre(HasSubstr("was not trained in mode nano-36")));
}

TEST_F(TrainingWarningsTest, AnotherProgramsFilesAreNoPageFolder) {
  write_file(folder.path() / "render.json", "{\"style\": 3}");
  write_file(folder.path() / "pages.json", "[]");
  EXPECT_FALSE(find_page_folder(folder.path()));

  write_file(folder.path() / "render.json", "not JSON");
  EXPECT_FALSE(find_page_folder(folder.path()));
}

} // namespace
} // namespace microfiche::reading
