#include "metrics/porter_stemmer.h"

#include <gtest/gtest.h>

#include "core/utf8.h"
#include "tests/metrics/goldens.h"

namespace microfiche::metrics {
namespace {

TEST(PorterStemmerTest, EqualsNltkOnEveryWordOfTheHeldOutText) {
  const std::string path =
      MICROFICHE_SOURCE_DIR "/tests/data/metrics/stems.json";
  const auto stems = parse_json(read_file(path), path)["stems"];

  EXPECT_GT(stems.size(), 4000u);
  for (const auto& [word, stem] : stems.items()) {
    EXPECT_EQ(
        encode_utf8(porter_stem(decode_utf8(word).text)),
        stem.get<std::string>())
        << word;
  }
}

TEST(PorterStemmerTest, LettersOutsideAToZAreConsonants) {
  EXPECT_EQ(porter_stem(U"\u00e9t\u00e9s"), U"\u00e9t\u00e9");
}

} // namespace
} // namespace microfiche::metrics
