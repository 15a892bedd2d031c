#include "memory/reading/build_tokens.h"

#include "memory/check_store.h"
#include "memory/derived_files.h"
#include "model/vision_token_file.h"
#include "page/image_file.h"
#include "page/page_views.h"
#include "tests/memory/reading/tiny_memory.h"

#include <torch/torch.h>

#include <fstream>

namespace microfiche::memory {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

class BuildTokensTest : public tests::TinyMemoryTest {
 protected:
  model::SavedVisionTokens tokens_of(const StoredPlan& plan, size_t item) {
    const auto row = find_token_file(
        store,
        plan.items[item].page,
        plan.items[item].mode,
        plan.items[item].how,
        token_file_model(model));
    return model::read_vision_tokens(
        derived_file(store, row->sha256, kTokensExtension));
  }
};

TEST_F(BuildTokensTest, EachPageIsEncodedAtItsTier) {
  const auto plan = plan_of({"gone", "t4", "t9", "text"});

  const auto report = build(plan);

  EXPECT_EQ(report.encoded, 2);
  EXPECT_EQ(report.reused, 0);
  EXPECT_EQ(report.as_text, 1);
  EXPECT_EQ(report.gone, 1);
  EXPECT_EQ(tokens_of(plan, 1).tokens.counts.positions, 7);
  EXPECT_EQ(tokens_of(plan, 2).tokens.counts.positions, 13);
  EXPECT_EQ(tokens_of(plan, 2).model_hash, model.hash());
}

TEST_F(BuildTokensTest, TokensAreThoseOfTheFirstDrawing) {
  const auto plan = plan_of({"t9"});
  build(plan);
  // A plan at a lower tier in between must not change what comes after.
  build(plan_of({"t4"}));

  const auto image = page::read_image(derived_file(
      store, original_of(store, plan.items[0].page).png_sha256, kPngExtension));
  const auto mode = model.find_mode("t4");
  const page::PageViews views[] = {page::make_views(image, mode)};
  const torch::InferenceMode inference;
  const auto expected = model.model->encode(views, mode).front().sequence;

  const auto saved = tokens_of(plan_of({"t4"}), 0).tokens.sequence;
  EXPECT_TRUE(torch::allclose(saved, expected, /*rtol=*/1e-5, /*atol=*/1e-5));
}

TEST_F(BuildTokensTest, ThePictureThatTheModelGetsIsKept) {
  const auto plan = plan_of({"t4"});
  build(plan);

  Statement query(
      store.database(),
      "SELECT png_sha256, width, type_px, how FROM rendering "
      "WHERE mode = 't4'");
  ASSERT_TRUE(query.next());
  const auto picture =
      page::read_image(derived_file(store, query.text(0), kPngExtension));
  EXPECT_EQ(picture.width, 64);
  EXPECT_EQ(query.integer(1), 64);
  // 16 px on a page 100 px high, stretched to 64 px.
  EXPECT_NEAR(query.number(2), 16 * 64.0 / 100, 1e-9);
  EXPECT_EQ(query.text(3), "resized");
}

TEST_F(BuildTokensTest, UnchangedPagesAreNotEncodedAgain) {
  build(plan_of({"t4", "t4", "t9", "t9"}));
  const auto before = files(".safetensors");

  const auto report = build(plan_of({"gone", "t4", "t4", "t9"}));

  EXPECT_EQ(report.reused, 2);
  EXPECT_EQ(report.encoded, 1);
  EXPECT_THAT(files(".safetensors"), SizeIs(before.size() + 1));
  EXPECT_EQ(build(plan_of({"t4", "t4", "t9", "t9"})).encoded, 0);
}

TEST_F(BuildTokensTest, AnotherModelsTokensAreNotReused) {
  const auto plan = plan_of({"t4", "t4"});
  build(plan);
  model.adapter_sha256 = "an adapter";

  const auto report = build(plan);

  EXPECT_EQ(report.encoded, 2);
  EXPECT_EQ(report.reused, 0);
  EXPECT_EQ(report.of_other_models, 2);
}

TEST_F(BuildTokensTest, AFileThatWasDeletedIsMadeAgain) {
  const auto plan = plan_of({"t4"});
  build(plan);
  const auto before = files(".safetensors");
  for (const auto& name : before) {
    std::filesystem::remove(store.files_folder() / name);
  }

  EXPECT_EQ(build(plan).encoded, 1);
  EXPECT_EQ(files(".safetensors"), before);
}

TEST_F(BuildTokensTest, PooledTokensAreMeansOfThoseOfAnotherMode) {
  const auto sharp = plan_of({"t9"});
  build(sharp);
  const auto pooled = plan_of({"t4"}, {Ageing::kPooled, 0, 0, "t9"});

  const auto report = build(pooled);

  EXPECT_EQ(report.encoded, 0);
  EXPECT_EQ(report.shrunk, 1);
  const auto from = tokens_of(sharp, 0).tokens.sequence;
  const auto to = tokens_of(pooled, 0).tokens;
  EXPECT_EQ(to.counts.positions, 7);
  EXPECT_EQ(to.counts.nominal, 4);
  EXPECT_EQ(to.sequence.size(0), 7);
  // Rows of three tokens and a newline: the last token of the first row of two
  // is the mean of 2 x 2 at the upper right.
  EXPECT_TRUE(torch::allclose(
      to.sequence[1], (from[1] + from[2] + from[5] + from[6]) / 4));
  EXPECT_TRUE(torch::equal(to.sequence[2], from[3]));
  EXPECT_TRUE(torch::equal(to.sequence[6], from[12]));
  EXPECT_EQ(build(pooled).reused, 1);
}

TEST_F(BuildTokensTest, WithoutTokensOfTheOtherModeThePageIsEncodedInIt) {
  const auto dropped = plan_of({"t4"}, {Ageing::kDropped, 0, 0, "t9"});

  EXPECT_EQ(build(dropped).encoded, 1);

  const auto sharp = plan_of({"t9"});
  build(sharp);
  const auto from = tokens_of(sharp, 0).tokens.sequence;
  const auto to = tokens_of(dropped, 0).tokens.sequence;
  EXPECT_TRUE(torch::allclose(to[0], from[0], 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(to[4], from[10], 1e-5, 1e-5));
  // It can be read and stand in a context.
  EXPECT_THAT(read(dropped, {0}), SizeIs(1));
  EXPECT_EQ(PlanReader(store, dropped, model, reading).read_blanks().size(), 1);
  EXPECT_TRUE(check_store(store, /*rebuild=*/false).faults.empty());
}

TEST_F(BuildTokensTest, TilesCannotBePooled) {
  EXPECT_THAT(
      [&] {
        auto plan = plan_of({"t4"}, {Ageing::kPooled, 0, 0, "tiles"});
        build(plan);
      },
      ThrowsMessage<InputError>(
          HasSubstr("vision tokens of tiles cannot become those of t4")));
}

TEST_F(BuildTokensTest, ADamagedPictureIsNamedAndCanBeRepaired) {
  const auto plan = plan_of({"t4"});
  const auto png = derived_file(
      store, original_of(store, plan.items[0].page).png_sha256, kPngExtension);
  std::ofstream(png, std::ios::app) << "x";

  EXPECT_THAT(
      [&] { build(plan); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("damaged"), HasSubstr("memory check --rebuild"))));

  check_store(store, /*rebuild=*/true);
  EXPECT_EQ(build(plan).encoded, 1);
}

TEST_F(BuildTokensTest, APlanForAnotherModelIsRefused) {
  EXPECT_THAT(
      [&] { build(plan_of({"nano-9"})); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("made for another model"), HasSubstr("memory plan"))));
  auto plan = plan_of({"t4"});
  plan.items[0].positions = 5;
  EXPECT_THAT(
      [&] { build(plan); },
      ThrowsMessage<InputError>(HasSubstr("5 positions in t4")));
  EXPECT_TRUE(files(".safetensors").empty());
}

TEST_F(BuildTokensTest, ACheckFindsNothingWrongAfterABuild) {
  build(plan_of({"t4", "t9", "text", "gone"}));

  const auto report = check_store(store, /*rebuild=*/false);

  EXPECT_TRUE(report.faults.empty());
  EXPECT_EQ(report.missing_files, 0);
  EXPECT_EQ(report.unused_files, 0);
}

} // namespace
} // namespace microfiche::memory
