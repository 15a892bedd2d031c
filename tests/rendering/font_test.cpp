#include "rendering/font.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace microfiche::rendering {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

TEST(FontTest, AFamilyIsItsRegularFace) {
  EXPECT_EQ(find_font("DejaVu Sans").filename(), "DejaVuSans.ttf");
  EXPECT_EQ(
      find_font("liberation serif").filename(), "LiberationSerif-Regular.ttf");
}

TEST(FontTest, AFullNameIsItsFace) {
  EXPECT_EQ(find_font("DejaVu Sans Bold").filename(), "DejaVuSans-Bold.ttf");
}

TEST(FontTest, AFileIsFoundByItsPath) {
  const auto file = find_font("DejaVu Sans Mono");

  EXPECT_EQ(find_font(file.string()), file);
}

TEST(FontTest, AnUnknownFontListsTheInstalledFontsAndPackages) {
  EXPECT_THAT(
      [] { find_font("DejaVu Sand"); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("font \"DejaVu Sand\": neither a file nor"),
          HasSubstr("did you mean \"DejaVu Sans\""),
          HasSubstr("Liberation Serif"),
          HasSubstr("apt-get install fonts-dejavu-core"))));
}

TEST(FontTest, ListsTheInstalledFamilies) {
  EXPECT_THAT(installed_font_families(), Contains("Liberation Mono"));
}

TEST(FontTest, ProvenanceNamesVersionsAndFontFiles) {
  const auto provenance = rendering_provenance({"DejaVu Sans"});

  const std::regex version(R"(\d+\.\d+\.\d+)");
  for (const auto& text :
       {provenance.pango,
        provenance.cairo,
        provenance.harfbuzz,
        provenance.freetype,
        provenance.fontconfig}) {
    EXPECT_TRUE(std::regex_match(text, version)) << text;
  }
  ASSERT_EQ(provenance.font_files.size(), 1u);
  EXPECT_EQ(provenance.font_sha256.at(0).size(), 64u);
}

} // namespace
} // namespace microfiche::rendering
