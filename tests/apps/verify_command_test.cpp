#include "core/json.h"
#include "tests/apps/command_line.h"
#include "tests/support/folders.h"
#include "tests/verification/fox_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class VerifyCommandTest : public ::testing::Test {
 protected:
  tests::Outcome run(const std::string& arguments) const {
    return tests::run_program(folder.path(), "verify " + arguments);
  }

  const std::string nano = "'" + tests::nano_model().string() + "'";
  tests::TemporaryFolder folder;
};

TEST_F(VerifyCommandTest, TheNanoModelFailsByTheFirstFactThatDoesNotFit) {
  for (const char* options : {" --quick", ""}) {
    const auto outcome = run(nano + options);

    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(
        outcome.err,
        HasSubstr("step 1: config.json: vision_config.image_size: 192, "
                  "published 1024"));
    EXPECT_THAT(outcome.out, HasSubstr("tensor lm_head.weight: shape [260"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("step 2")));
  }
}

TEST_F(VerifyCommandTest, TheJsonFileHasWhatWasMissedAndTheHashes) {
  EXPECT_EQ(run(nano + " --quick --json verify.json").exit_code, 1);

  const auto json = read_json_file(folder.path() / "verify.json");

  EXPECT_THAT(
      json["missed"].get<std::string>(), HasSubstr("step 1: config.json"));
  for (const auto& file : json["folder"]["files"]) {
    EXPECT_EQ(
        file["sha256"],
        sha256_of_file(tests::nano_model() / file["name"].get<std::string>()));
  }
  EXPECT_GE(json["folder"]["files"].size(), 3u);
}

TEST_F(VerifyCommandTest, AFolderThatIsNoModelIsBadInput) {
  const auto missing = run("none");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("none: expected a model folder"));

  write_file(folder.path() / "model/config.json", "{}");
  const auto empty = run("model");
  EXPECT_EQ(empty.exit_code, 3);
  EXPECT_THAT(empty.err, HasSubstr("model"));
}

TEST_F(VerifyCommandTest, ADamagedFileIsBadInput) {
  std::filesystem::copy(tests::nano_model(), folder.path() / "model");
  const auto file = folder.path() / "model/model.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);

  const auto outcome = run("model --quick");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("model.safetensors"));
}

TEST_F(VerifyCommandTest, OptionsWithoutEffectAreRefused) {
  EXPECT_EQ(run(nano + " --quick --fox .").exit_code, 2);
  EXPECT_EQ(run(nano + " --readings .").exit_code, 2);
  EXPECT_EQ(run(nano + " -o kept").exit_code, 2);
}

// Before the weights are read, which takes a minute at full size.
TEST_F(VerifyCommandTest, FoxIsCheckedFirst) {
  const auto none = run(nano + " --fox .");
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.err, HasSubstr("expected en_pdf_png"));

  tests::write_fox_images(folder.path() / "fox/en_pdf_png");
  const auto own = run(nano + " --fox fox");
  EXPECT_EQ(own.exit_code, 2);
  EXPECT_THAT(own.err, HasSubstr("--readings"));

  tests::write_fox_clone(folder.path() / "clone");
  const auto few = run(nano + " --fox clone");
  EXPECT_EQ(few.exit_code, 3);
  EXPECT_THAT(few.err, HasSubstr("112 pages, got 2 entries"));
  EXPECT_EQ(few.out, "");
}

TEST_F(VerifyCommandTest, FoxIsForDeepSeekOcrOnly) {
  write_file(
      folder.path() / "model/config.json",
      R"({"architectures": ["UnlimitedOCRForCausalLM"],
          "language_config": {"sliding_window_size": 128}})");

  const auto outcome = run("model --fox clone");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("model is Unlimited-OCR"));
}

} // namespace
} // namespace microfiche
