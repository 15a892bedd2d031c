#include "core/edit_distance.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "core/utf8.h"
#include "tests/metrics/goldens.h"

namespace microfiche {
namespace {

using Kind = EditRun::Kind;

std::u32string random_text(uint64_t seed, size_t length, uint64_t alphabet) {
  RandomStream random(seed, "edit distance test");
  std::u32string text;
  for (size_t i = 0; i < length; ++i) {
    text.push_back(static_cast<char32_t>(U'a' + random.below(alphabet)));
  }
  return text;
}

/// The textbook table, one row at a time.
int64_t by_the_textbook(std::u32string_view a, std::u32string_view b) {
  std::vector<int64_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = static_cast<int64_t>(j);
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    int64_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      const int64_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

int64_t edits_of(const std::vector<EditRun>& runs) {
  int64_t edits = 0;
  for (const auto& run : runs) {
    edits += run.kind == Kind::kEqual ? 0 : run.length;
  }
  return edits;
}

/// Takes what each run says from the texts; empty when a run does not fit.
std::u32string apply(
    const std::vector<EditRun>& runs,
    std::u32string_view reference,
    std::u32string_view prediction) {
  std::u32string made;
  size_t i = 0;
  size_t j = 0;
  for (const auto& run : runs) {
    const auto length = static_cast<size_t>(run.length);
    if (run.kind == Kind::kEqual) {
      made += reference.substr(i, length);
    } else if (run.kind != Kind::kDelete) {
      made += prediction.substr(j, length);
    }
    i += run.kind == Kind::kInsert ? 0 : length;
    j += run.kind == Kind::kDelete ? 0 : length;
  }
  return i == reference.size() && j == prediction.size() ? made : U"";
}

TEST(EditDistanceTest, EqualsRapidfuzzOnRandomAndRealPairs) {
  const auto goldens = metrics::read_goldens("pairs.jsonl");
  ASSERT_GT(goldens.size(), 1000u);

  for (const auto& golden : goldens) {
    EXPECT_EQ(
        edit_distance(
            golden["reference"].get<std::string>(),
            golden["prediction"].get<std::string>()),
        golden["edits"].get<int64_t>())
        << golden["reference"] << " and " << golden["prediction"];
  }
}

TEST(EditDistanceTest, EqualsTheTextbookAcrossManyBlocks) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto a = random_text(seed, 300 + 17 * seed, 4);
    const auto b = random_text(seed + 100, 500 - 13 * seed, 4);

    EXPECT_EQ(edit_distance(a, b), by_the_textbook(a, b)) << "seed " << seed;
  }
}

TEST(EditDistanceTest, CountsCodePointsNotBytes) {
  EXPECT_EQ(edit_distance("caf\u00e9", "cafe"), 1);
  EXPECT_EQ(edit_distance("\U0001F600\u6F22", "\u6F22"), 1);
}

TEST(AlignTest, IsAShortestWayForEveryGoldenPair) {
  for (const auto& golden : metrics::read_goldens("pairs.jsonl")) {
    const auto reference = decode_utf8(golden["reference"].get<std::string>());
    const auto prediction =
        decode_utf8(golden["prediction"].get<std::string>());

    const auto runs = align_texts(reference.text, prediction.text);

    EXPECT_EQ(edits_of(runs), golden["edits"].get<int64_t>());
    EXPECT_EQ(apply(runs, reference.text, prediction.text), prediction.text);
  }
}

TEST(AlignTest, NamesWhatHappened) {
  EXPECT_EQ(
      align_texts(U"the cat sat", U"the bat saat"),
      (std::vector<EditRun>{
          {Kind::kEqual, 4},
          {Kind::kSubstitute, 1},
          {Kind::kEqual, 4},
          {Kind::kInsert, 1},
          {Kind::kEqual, 2}}));
}

TEST(AlignTest, AnEmptyPredictionIsOneDeletion) {
  EXPECT_EQ(
      align_texts(U"abc", U""), (std::vector<EditRun>{{Kind::kDelete, 3}}));
}

} // namespace
} // namespace microfiche
