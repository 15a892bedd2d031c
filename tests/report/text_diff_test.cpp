#include "report/text_diff.h"

#include <gtest/gtest.h>

#include "report/html.h"

namespace microfiche::report {
namespace {

TEST(TextDiffTest, MarksMissingAddedAndSubstitutedText) {
  EXPECT_EQ(
      diff_html("the cat sat down", "the bat saat"),
      "the <del class=\"s\">c</del><ins class=\"s\">b</ins>at sa"
      "<ins>a</ins>t<del> down</del>");
}

TEST(TextDiffTest, IgnoresLineBreaks) {
  EXPECT_EQ(diff_html("one two", "one\ntwo"), "one two");
}

TEST(TextDiffTest, TextIsEscaped) {
  EXPECT_EQ(diff_html("a<b>&", "a<b>&"), "a&lt;b&gt;&amp;");
  EXPECT_EQ(escape_html("\x01"), "\u2401");
}

TEST(HtmlTest, AStringCannotCloseTheScript) {
  const Json json = {{"text", "</script><!--"}};

  const auto written = json_for_script(json);

  EXPECT_EQ(written.find('<'), std::string::npos);
  EXPECT_EQ(Json::parse(written), json);
}

} // namespace
} // namespace microfiche::report
