#include "document/grounding.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace microfiche::document {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

// A page whose pixels are its coordinates.
GroundedText parse(std::string_view text) {
  return parse_grounding(text, 999, 999);
}

std::string with_list(const std::string& list) {
  return "<|ref|>text<|/ref|><|det|>" + list + "<|/det|>";
}

std::string markdown(const std::string& text) {
  return to_markdown(parse(text), [](int64_t figure) {
    return concat("images/", figure, ".png");
  });
}

TEST(GroundingTest, SplitsTextIntoBlocks) {
  const auto text = parse(
      "<|ref|>title<|/ref|><|det|>[[100, 40, 900, 80]]<|/det|>\n# A title\n\n"
      "<|ref|>text<|/ref|><|det|>[[100, 100, 480, 900], "
      "[520, 100, 900, 500]]<|/det|>\nTwo columns.");

  EXPECT_THAT(
      text.blocks,
      ElementsAre(
          Block{"title", {{100, 40, 900, 80}}, "\n# A title\n\n"},
          Block{
              "text",
              {{100, 100, 480, 900}, {520, 100, 900, 500}},
              "\nTwo columns."}));
  EXPECT_EQ(text.num_broken, 0);
}

// int(v / 999 * side) as CPython 3.11 prints it. Doubles round, so 63, 509 and
// others give one pixel less than exact arithmetic.
TEST(GroundingTest, CoordinatesBecomePixelsAsInTheOfficialCode) {
  struct Case {
    int64_t coordinate, side, pixel;
  };
  const Case cases[] = {
      {0, 1654, 0},
      {1, 1654, 1},
      {500, 1654, 827},
      {998, 1654, 1652},
      {999, 1654, 1654},
      {999, 2339, 2339},
      {123, 2339, 287},
      {67, 1224, 82},
      {63, 999, 62},
      {509, 1998, 1017},
      {504, 1998, 1007}};
  for (const auto& [coordinate, side, pixel] : cases) {
    const auto text = parse_grounding(
        with_list(concat("[[", coordinate, ", 0, 999, 999]]")), side, 10);

    ASSERT_THAT(text.blocks, SizeIs(1));
    EXPECT_EQ(text.blocks[0].boxes[0], (Box{pixel, 0, side, 10}));
  }
}

TEST(GroundingTest, EachAxisHasItsSide) {
  const auto text =
      parse_grounding(with_list("[[500, 500, 999, 999]]"), 1654, 2339);

  EXPECT_THAT(text.blocks[0].boxes, ElementsAre(Box{827, 1170, 1654, 2339}));
}

TEST(GroundingTest, TextWithoutMarkupIsOneBlockWithoutALabel) {
  EXPECT_THAT(
      parse("plain <b>text</b>").blocks,
      ElementsAre(Block{"", {}, "plain <b>text</b>"}));
  EXPECT_THAT(parse("").blocks, IsEmpty());
}

TEST(GroundingTest, ALocatedObjectIsTheLabel) {
  const auto text =
      parse("<|ref|>the red car<|/ref|><|det|>[[1,2,3,4]]<|/det|>");

  EXPECT_THAT(
      text.blocks, ElementsAre(Block{"the red car", {{1, 2, 3, 4}}, ""}));
}

TEST(GroundingTest, ReadsAListWithSpaces) {
  for (const auto* list :
       {"[[1,2,3,4]]", " [ [1 ,2\n, 3,\t4 ] ] ", "[[1, 2, 3, 4]]"}) {
    EXPECT_THAT(
        parse(with_list(list)).blocks,
        ElementsAre(Block{"text", {{1, 2, 3, 4}}, ""}))
        << list;
  }
}

TEST(GroundingTest, KeepsABrokenListAsText) {
  for (const auto* list :
       {"",
        "[]",
        "[[]]",
        "[1, 2, 3, 4]",
        "[[1, 2, 3]]",
        "[[1, 2, 3, 4, 5]]",
        "[[1, 2, 3, 4]",
        "[[1, 2, 3, 4]]]",
        "[[1, 2, 3, 4],]",
        "[[1, 2, 3, 4] [5, 6, 7, 8]]",
        "[[1, 2, 3, 1000]]",
        "[[1, 2, 3, 99999999999999999999999]]",
        "[[-1, 2, 3, 4]]",
        "[[1.5, 2, 3, 4]]",
        "[[01, 2, 3, 4]]",
        "[[1, 2, 3, four]]",
        "[[1, 2, 3, 4]] or so",
        "__import__('os').system('true')"}) {
    const auto text = parse(with_list(list));

    EXPECT_THAT(text.blocks, ElementsAre(Block{"", {}, with_list(list)}))
        << list;
    EXPECT_EQ(text.num_broken, 1) << list;
  }
}

TEST(GroundingTest, KeepsBrokenMarkupAsText) {
  for (const auto* broken :
       {"<|ref|>",
        "<|ref|>image",
        "<|ref|>image<|/ref|>",
        "<|ref|>image<|/ref|> <b>",
        "<|ref|>image<|/ref|><|det|>[[1, 2",
        "<|/ref|>",
        "<|det|>[[1, 2, 3, 4]]<|/det|>",
        "<|/det|>"}) {
    const auto text = parse(std::string("before ") + broken);

    EXPECT_THAT(
        text.blocks,
        ElementsAre(Block{"", {}, std::string("before ") + broken}));
    EXPECT_EQ(text.num_broken, 1) << broken;
  }
}

TEST(GroundingTest, ContinuesAfterBrokenMarkup) {
  const auto text = parse(
      "<|ref|>title<|ref|>text<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|>\nwords"
      "<|ref|>image<|/ref|><|det|>[[5, 6");

  EXPECT_THAT(
      text.blocks,
      ElementsAre(
          Block{"", {}, "<|ref|>title"},
          Block{
              "text",
              {{1, 2, 3, 4}},
              "\nwords<|ref|>image<|/ref|><|det|>[[5, 6"}));
  EXPECT_EQ(text.num_broken, 2);
}

TEST(GroundingTest, OtherTokensAreText) {
  const auto text = parse("<|grounding|>a <| b |> <td>c</td>");

  EXPECT_THAT(
      text.blocks,
      ElementsAre(Block{"", {}, "<|grounding|>a <| b |> <td>c</td>"}));
  EXPECT_EQ(text.num_broken, 0);
}

// The form of Unlimited-OCR, from its published outputs.
TEST(GroundingTest, ALabelMayStandBeforeASingleBox) {
  const auto text = parse(
      "<|det|>title [358, 134, 642, 154]<|/det|>Unlimited OCR Works\n"
      "<|det|>image_caption  [0, 0, 999, 999] <|/det|>Figure 1 | ...");

  ASSERT_EQ(text.blocks.size(), 2u);
  EXPECT_EQ(text.blocks[0].label, "title");
  EXPECT_EQ(text.blocks[0].boxes.size(), 1u);
  EXPECT_EQ(text.blocks[0].content, "Unlimited OCR Works\n");
  EXPECT_EQ(text.blocks[1].label, "image_caption");
  EXPECT_EQ(text.blocks[1].content, "Figure 1 | ...");
  EXPECT_EQ(text.num_broken, 0);
  EXPECT_EQ(
      to_markdown(text, [](int64_t) { return ""; }),
      "Unlimited OCR Works\nFigure 1 | ...");
}

TEST(GroundingTest, AnImageWithASingleBoxIsAFigure) {
  const auto text = parse(
      "<|det|>image [168, 601, 825, 802]<|/det|>\n"
      "<|det|>text [1, 2, 3, 4]<|/det|>words");

  EXPECT_EQ(find_figures(text).size(), 1u);
  EXPECT_EQ(
      to_markdown(text, [](int64_t) { return "1.png"; }),
      "![](1.png)\n\nwords");
}

TEST(GroundingTest, ALabelWithoutItsSingleBoxIsBroken) {
  for (const std::string inner :
       {"title",
        "title [1, 2, 3]",
        "title [1, 2, 3, 4] more",
        "title [[1, 2, 3, 4]]",
        "two words [1, 2, 3, 4]",
        "1st [1, 2, 3, 4]",
        "[1, 2, 3, 4]"}) {
    const auto text = parse("<|det|>" + inner + "<|/det|>");
    EXPECT_EQ(text.num_broken, 1) << inner;
    EXPECT_TRUE(text.blocks.at(0).boxes.empty()) << inner;
  }
}

TEST(GroundingTest, LosesNoByteOfRandomMarkup) {
  const char* const parts[] = {
      "<|ref|>",
      "<|/ref|>",
      "<|det|>",
      "<|/det|>",
      "[[1, 2, 3, 4]]",
      "image",
      "\n",
      "<|",
      "\xFF",
      "<|ref|>text<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|>"};
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t j = random() % 20; j > 0; --j) {
      text += parts[random() % std::size(parts)];
    }

    std::string again;
    for (const auto& block : parse(text).blocks) {
      if (!block.boxes.empty()) {
        again +=
            "<|ref|>" + block.label + "<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|>";
      }
      again += block.content;
    }

    EXPECT_EQ(again, text) << i;
  }
}

TEST(GroundingTest, ALongRunOfOpenMarkupTakesLinearTime) {
  std::string text;
  for (int i = 0; i < 200000; ++i) {
    text += "<|ref|>";
  }

  EXPECT_EQ(parse(text).num_broken, 200000);
}

TEST(GroundingTest, RefusesAPageWithoutPixels) {
  EXPECT_THAT(
      [] { parse_grounding("", 0, 10); },
      ThrowsMessage<InputError>(HasSubstr("got 0 x 10")));
}

TEST(GroundingTest, BlocksAreJson) {
  const auto text = parse(with_list("[[1, 2, 3, 4]]") + "\nwords");

  const auto json = write_config(text);

  EXPECT_EQ(
      json, Json::parse(R"({"blocks": [{"label": "text", "boxes": [{"left": 1,
          "top": 2, "right": 3, "bottom": 4}], "content": "\nwords"}],
          "num_broken": 0})"));
  EXPECT_EQ(read_config<GroundedText>(json, "blocks.json"), text);
}

TEST(GroundingTest, FiguresAreTheBoxesOfImagesThatAreNotEmpty) {
  const auto text = parse(
      "<|ref|>text<|/ref|><|det|>[[1, 1, 2, 2]]<|/det|>"
      "<|ref|>image<|/ref|><|det|>[[9, 1, 3, 4], [1, 1, 5, 5]]<|/det|>"
      "<|ref|>image_caption<|/ref|><|det|>[[1, 1, 2, 2]]<|/det|>"
      "<|ref|>image<|/ref|><|det|>[[2, 2, 7, 7]]<|/det|>");

  EXPECT_THAT(
      find_figures(text),
      ElementsAre(Figure{1, {1, 1, 5, 5}}, Figure{3, {2, 2, 7, 7}}));
}

// The official run_dpsk_ocr_pdf.py gives the same, except for the line breaks
// at both ends.
TEST(GroundingTest, MarkdownHasLinksForFiguresAndNoOtherMarkup) {
  EXPECT_EQ(
      markdown("<|ref|>title<|/ref|><|det|>[[1, 1, 9, 9]]<|/det|>\n# Title\n\n"
               "<|ref|>image<|/ref|><|det|>[[1, 1, 9, 9]]<|/det|>\n\n\n"
               "<|ref|>image_caption<|/ref|><|det|>[[1, 1, 9, 9]]<|/det|>\n"
               "<center>Fig. 1</center>\n\n"
               "<|ref|>table<|/ref|><|det|>[[1, 1, 9, 9]]<|/det|>\n"
               "<table><tr><td>1</td></tr></table>\n"),
      "# Title\n\n![](images/0.png)\n\n<center>Fig. 1</center>\n\n"
      "<table><tr><td>1</td></tr></table>");
}

TEST(GroundingTest, MarkdownHasThePublishedReplacements) {
  EXPECT_EQ(
      markdown("\\( a \\coloneqq b \\eqqcolon c \\)\n\n\n\n\nend"),
      "\\( a := b =: c \\)\n\nend");
}

TEST(GroundingTest, MarkdownKeepsBrokenMarkup) {
  EXPECT_EQ(
      markdown("a<|ref|>image<|/ref|><|det|>[[1"),
      "a<|ref|>image<|/ref|><|det|>[[1");
}

TEST(GroundingTest, ALinkEscapesTheFileName) {
  const auto text = parse("<|ref|>image<|/ref|><|det|>[[1, 1, 9, 9]]<|/det|>");

  EXPECT_EQ(
      to_markdown(text, [](int64_t) { return "my scan (2)%/\xC3\xA9.png"; }),
      "![](my%20scan%20%282%29%25/\xC3\xA9.png)");
}

} // namespace
} // namespace microfiche::document
