#include "metrics/text_normalization.h"

#include <gtest/gtest.h>

#include "core/utf8.h"
#include "tests/metrics/goldens.h"

namespace microfiche::metrics {
namespace {

TEST(NormalizationTest, EqualsPythonOnRandomText) {
  for (const auto& golden : read_goldens("normalization.jsonl")) {
    const auto text = decode_utf8(golden["text"].get<std::string>()).text;

    EXPECT_EQ(
        encode_utf8(normalize(text, Normalization::kNfkcWhitespace)),
        golden["nfkc-ws"].get<std::string>());
    EXPECT_EQ(
        encode_utf8(normalize(text, Normalization::kOmniDoc)),
        golden["omnidoc"].get<std::string>());
  }
}

TEST(NormalizationTest, RawChangesNothing) {
  EXPECT_EQ(normalize(U" \uFF21 \n", Normalization::kRaw), U" \uFF21 \n");
}

TEST(NormalizationTest, LineBreaksBecomeSpaces) {
  EXPECT_EQ(
      normalize(U" one\ntwo\r\n\tthree ", Normalization::kNfkcWhitespace),
      U"one two three");
}

} // namespace
} // namespace microfiche::metrics
