#include "conditions/tokens/token_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <set>
#include <string>

#include "conditions/page/page_condition.h"
#include "conditions/text/text_condition.h"
#include "conditions/tokens/token_floors.h"
#include "core/error.h"

namespace microfiche::conditions {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr auto kToken = TokenKind::kToken;
constexpr auto kNewline = TokenKind::kNewline;
constexpr auto kSeparator = TokenKind::kSeparator;

/// Two rows of two tokens: t t n t t n s, eight numbers each.
TokenRows small_page(uint64_t seed = 0) {
  torch::manual_seed(seed);
  return {torch::randn({7, 8}), token_kinds(2, {1, 1}, 0)};
}

TokenRows
treat(const std::string& condition, TokenRows page, uint64_t number = 0) {
  const auto other = small_page(1);
  RandomStream random(7, "test", number);
  for (const auto& one :
       find_conditions(token_conditions(), condition, "tokens")) {
    one.entry->apply(page, {&other}, one.strength, random);
  }
  return page;
}

/// The rows of a page as a sorted list of lists.
std::vector<std::vector<float>> sorted_rows(const torch::Tensor& rows) {
  std::vector<std::vector<float>> list;
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const auto row = rows[i].contiguous();
    list.emplace_back(
        row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
  }
  std::sort(list.begin(), list.end());
  return list;
}

torch::Tensor tokens_of(const TokenRows& page) {
  return page.rows.index_select(
      0, torch::tensor(page.token_positions(), torch::kInt64));
}

TEST(TokenConditionTest, KindsFollowTheOrderOfThePage) {
  EXPECT_THAT(
      token_kinds(2, {1, 1}, 0),
      ElementsAre(
          kToken, kToken, kNewline, kToken, kToken, kNewline, kSeparator));
  // Two tiles of 1 x 1 side by side are one row; then comes the global view.
  EXPECT_THAT(
      token_kinds(1, {2, 1}, 1),
      ElementsAre(kToken, kToken, kNewline, kToken, kNewline, kSeparator));
}

TEST(TokenConditionTest, DroppedTokensAreGoneAndNothingElse) {
  const auto page = treat("drop_random:50", small_page());

  EXPECT_EQ(page.rows.size(0), 5);
  EXPECT_EQ(page.token_positions().size(), 2u);
  EXPECT_EQ(page.kinds.back(), kSeparator);
  EXPECT_EQ(std::count(page.kinds.begin(), page.kinds.end(), kNewline), 2);
  EXPECT_TRUE(torch::equal(page.rows[4], small_page().rows[6]));
}

TEST(TokenConditionTest, MoreDroppedTokensIncludeTheFewer) {
  const auto half = sorted_rows(treat("drop_random:50", small_page()).rows);
  const auto most = sorted_rows(treat("drop_random:75", small_page()).rows);

  EXPECT_TRUE(
      std::includes(half.begin(), half.end(), most.begin(), most.end()));
}

TEST(TokenConditionTest, TheNormDecidesWhichTokensGo) {
  auto page = small_page();
  page.rows[3] *= 100;
  page.rows[1] *= 0.01;

  const auto without_small = treat("drop_small_norm:25", page);
  const auto without_large = treat("drop_large_norm:25", page);

  EXPECT_TRUE(torch::equal(without_small.rows[0], page.rows[0]));
  EXPECT_TRUE(torch::equal(without_small.rows[1], page.rows[2]));
  EXPECT_TRUE(torch::equal(without_large.rows[3], page.rows[4]));
}

TEST(TokenConditionTest, MergedTokensAreMeansWithinTheirRow) {
  const auto before = small_page();

  const auto page = treat("merge:3", before);

  EXPECT_THAT(
      page.kinds, ElementsAre(kToken, kNewline, kToken, kNewline, kSeparator));
  EXPECT_TRUE(
      torch::allclose(page.rows[0], (before.rows[0] + before.rows[1]) / 2));
  EXPECT_TRUE(
      torch::allclose(page.rows[2], (before.rows[3] + before.rows[4]) / 2));
  EXPECT_TRUE(torch::equal(treat("merge:1", before).rows, before.rows));
}

/// Tokens of a grid whose value is 10 * row + column in all eight numbers,
/// newlines -1, separator -2.
TokenRows grid_page(int64_t side) {
  TokenRows page{
      torch::empty({side * (side + 1) + 1, 8}), token_kinds(side, {1, 1}, 0)};
  int64_t token = 0;
  for (size_t i = 0; i < page.kinds.size(); ++i) {
    const auto kind = page.kinds[i];
    page.rows[static_cast<int64_t>(i)] = kind == kToken
        ? static_cast<double>(10 * (token / side) + token % side)
        : kind == kNewline ? -1.0
                           : -2.0;
    token += kind == kToken ? 1 : 0;
  }
  return page;
}

std::vector<float> first_numbers(const TokenRows& page) {
  const auto column = page.rows.select(1, 0).contiguous();
  return {column.data_ptr<float>(), column.data_ptr<float>() + column.numel()};
}

TEST(TokenConditionTest, APooledGridHasTheMeansOfNeighbours) {
  // Blocks of 2 x 2.
  EXPECT_THAT(
      first_numbers(treat("pool_grid:2", grid_page(4))),
      ElementsAre(5.5, 7.5, -1, 25.5, 27.5, -1, -2));
  // Three rows as two: each of the middle is in both.
  EXPECT_THAT(
      first_numbers(treat("pool_grid:2", grid_page(3))),
      ElementsAre(5.5, 6.5, -1, 15.5, 16.5, -1, -2));
  EXPECT_THAT(
      first_numbers(treat("pool_grid:1", grid_page(3))),
      ElementsAre(11, -1, -2));
  EXPECT_EQ(
      treat("pool_grid:2", grid_page(4)).kinds, token_kinds(2, {1, 1}, 0));
}

TEST(TokenConditionTest, ADroppedGridHasEveryKthTokenOfEveryKthRow) {
  EXPECT_THAT(
      first_numbers(treat("drop_grid:2", grid_page(4))),
      ElementsAre(11, 13, -1, 31, 33, -1, -2));
  EXPECT_THAT(
      first_numbers(treat("drop_grid:2", grid_page(3))),
      ElementsAre(0, 2, -1, 20, 22, -1, -2));
  EXPECT_THAT(
      first_numbers(treat("drop_grid:1", grid_page(3))),
      ElementsAre(11, -1, -2));
}

TEST(TokenConditionTest, AGridThatIsAsLargeStays) {
  for (const auto* name : {"pool_grid:3", "drop_grid:3"}) {
    EXPECT_EQ(
        first_numbers(treat(name, grid_page(3))), first_numbers(grid_page(3)));
  }
}

TEST(TokenConditionTest, OnlyAGridOfRowsCanBecomeSmaller) {
  EXPECT_THAT(
      [] { treat("pool_grid:4", grid_page(3)); },
      ThrowsMessage<InputError>(
          HasSubstr("3 x 3 vision tokens cannot have 4 rows")));
  EXPECT_THAT(
      [] { treat("drop_random:25+pool_grid:1", grid_page(2)); },
      ThrowsMessage<InputError>(HasSubstr("6 positions is no square")));
}

TEST(TokenConditionTest, QuantisedTokensAreWithinHalfAStep) {
  const auto before = small_page().rows;
  const auto largest = before.abs().amax(1, true);
  for (const auto& [name, levels] :
       {std::pair("quantize_int8", 127.0), std::pair("quantize_int4", 7.0)}) {
    const auto after = treat(name, small_page()).rows;

    const auto steps = after / (largest / levels);
    EXPECT_TRUE(torch::allclose(steps, steps.round(), 0, 1e-4)) << name;
    EXPECT_TRUE(((after - before).abs() <= largest / levels / 2 * 1.0001)
                    .all()
                    .item<bool>())
        << name;
    EXPECT_FALSE(torch::equal(after, before));
  }
  const auto half = treat("quantize_f16", small_page()).rows;
  // Eleven bits of a significand.
  EXPECT_TRUE(torch::allclose(half, before, /*rtol=*/1.0 / 2048, 1e-7));
  EXPECT_FALSE(torch::equal(half, before));
}

TEST(TokenConditionTest, NoiseIsRelativeToTheTokensAndLeavesTheRest) {
  const TokenRows large{
      torch::randn({111, 512}) * 3, token_kinds(10, {1, 1}, 0)};

  const auto noisy = treat("token_noise:50", large);

  const auto noise = tokens_of(noisy) - tokens_of(large);
  const double share =
      (noise.square().mean() / tokens_of(large).square().mean())
          .sqrt()
          .item<double>();
  EXPECT_NEAR(share, 0.5, 0.01);
  EXPECT_TRUE(torch::equal(noisy.rows[10], large.rows[10]));
  EXPECT_TRUE(torch::equal(noisy.rows[110], large.rows[110]));
}

TEST(TokenConditionTest, PermutedTokensAreTheSameTokens) {
  const TokenRows large{torch::randn({111, 4}), token_kinds(10, {1, 1}, 0)};

  const auto permuted = treat("permute", large);

  EXPECT_EQ(sorted_rows(tokens_of(permuted)), sorted_rows(tokens_of(large)));
  EXPECT_FALSE(torch::equal(permuted.rows, large.rows));
  EXPECT_TRUE(torch::equal(permuted.rows[10], large.rows[10]));
}

TEST(TokenConditionTest, SwappedTokensComeFromTheSamePlacesOfTheOtherPage) {
  const auto before = small_page();
  const auto other = small_page(1);

  const auto page = treat("swap_tokens:50", before);

  int64_t taken = 0;
  for (int64_t i = 0; i < 7; ++i) {
    const bool from_other = torch::equal(page.rows[i], other.rows[i]);
    EXPECT_NE(from_other, torch::equal(page.rows[i], before.rows[i]));
    taken += from_other;
  }
  EXPECT_EQ(taken, 2);
}

TEST(TokenConditionTest, PagesOfOtherOrderCannotSwap) {
  EXPECT_THAT(
      [] { treat("drop_random:25+swap_tokens:50", small_page()); },
      ThrowsMessage<InputError>(
          HasSubstr("the other page has 7 positions in another order, this "
                    "one 6")));
}

TEST(TokenConditionTest, PartsAreLeftOut) {
  EXPECT_THAT(
      treat("no_newlines", small_page()).kinds,
      ElementsAre(kToken, kToken, kToken, kToken, kSeparator));
  EXPECT_THAT(
      treat("no_separator", small_page()).kinds,
      ElementsAre(kToken, kToken, kNewline, kToken, kToken, kNewline));
}

TEST(TokenConditionTest, ZeroedTokensLeaveNewlinesAndSeparator) {
  const auto page = treat("zero_tokens", small_page());

  EXPECT_EQ(tokens_of(page).abs().max().item<float>(), 0);
  EXPECT_TRUE(torch::equal(page.rows[2], small_page().rows[2]));
  EXPECT_TRUE(torch::equal(page.rows[6], small_page().rows[6]));
}

TEST(TokenConditionTest, ThePromptAloneHasNoPositionOfThePage) {
  const auto page = treat("prompt_alone", small_page());

  EXPECT_EQ(page.rows.sizes(), (std::vector<int64_t>{0, 8}));
  EXPECT_TRUE(page.kinds.empty());
}

TEST(TokenConditionTest, ConditionsOfATowerLeaveTheTokensToTheEncoder) {
  const auto zeroed =
      find_conditions(token_conditions(), "zero_sam+zero_clip", "tokens");

  EXPECT_EQ(zeroed[0].entry->zeroed, Tower::kSam);
  EXPECT_EQ(zeroed[1].entry->zeroed, Tower::kClip);
}

TEST(TokenConditionTest, EveryConditionIsTheSameForTheSamePage) {
  for (const auto& condition : token_conditions()) {
    // A page of 2 x 2 tokens has no smaller grid than one of 1 x 1.
    const bool is_grid = condition.info.name.ends_with("_grid");
    const auto name = condition.info.name +
        (is_grid                       ? ":1"
             : condition.info.strength ? ":50"
                                       : "");

    EXPECT_TRUE(torch::equal(
        treat(name, small_page(), 3).rows, treat(name, small_page(), 3).rows))
        << name;
  }
}

TEST(TokenFloorsTest, AreTheConditionsThatSayThatTheyAreFloors) {
  for (const auto& condition : token_conditions()) {
    EXPECT_EQ(
        has_token_floor(condition.info.name, "test"), condition.info.is_floor)
        << condition.info.name;
  }
  EXPECT_TRUE(has_token_floor("merge:2+zero_tokens", "test"));
  EXPECT_FALSE(has_token_floor(kNoCondition, "test"));
}

TEST(TokenConditionTest, NoNameIsThatOfATextOrPageConditionToo) {
  std::set<std::string> names;
  size_t conditions = 0;
  const auto add = [&](const auto& registry) {
    for (const auto& condition : registry) {
      names.insert(condition.info.name);
      EXPECT_FALSE(condition.info.description.empty());
      ++conditions;
    }
  };
  add(text_conditions());
  add(page_conditions());
  add(token_conditions());

  EXPECT_EQ(names.size(), conditions);
}

} // namespace
} // namespace microfiche::conditions
