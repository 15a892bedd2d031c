#include "checkpoint/sharded_checkpoint.h"

#include "core/error.h"
#include "core/json.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::checkpoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::vector<std::byte> kData(16, std::byte{7});

class CheckpointTest : public ::testing::Test {
 protected:
  /// Writes a file with these tensors.
  void write_shard(
      const std::string& file,
      const std::vector<std::string>& tensors) const {
    std::vector<TensorView> views;
    for (const auto& name : tensors) {
      views.push_back({name, Dtype::kF32, {4}, kData});
    }
    write_safetensors(folder.path() / file, views);
  }

  void write_index(const Json& weight_map, const std::string& file = "") const {
    write_json_file(
        folder.path() / (file.empty() ? "model.safetensors.index.json" : file),
        Json{
            {"metadata", {{"total_size", kData.size() * weight_map.size()}}},
            {"weight_map", weight_map}});
  }

  Checkpoint open(const std::string& name = "") const {
    return Checkpoint::open(folder.path() / name);
  }

  tests::TemporaryFolder folder;
};

TEST_F(CheckpointTest, OpensTheOneFileOfAFolder) {
  write_shard("model.safetensors", {"b", "a"});

  EXPECT_THAT(open().names(), ElementsAre("a", "b"));
}

TEST_F(CheckpointTest, OpensAFileGivenDirectly) {
  write_shard("weights.safetensors", {"a"});

  EXPECT_THAT(open("weights.safetensors").names(), ElementsAre("a"));
}

TEST_F(CheckpointTest, ShardsMayHaveAnyName) {
  write_shard("first half.safetensors", {"a"});
  write_shard("parts/2.bin", {"b"});
  write_index({{"a", "first half.safetensors"}, {"b", "parts/2.bin"}});

  const Checkpoint checkpoint = open();

  EXPECT_THAT(checkpoint.names(), ElementsAre("a", "b"));
  EXPECT_EQ(checkpoint.find("b")->bytes.size(), 16u);
}

TEST_F(CheckpointTest, AnIndexMayHaveAnyName) {
  write_shard("part.safetensors", {"a"});
  write_index({{"a", "part.safetensors"}}, "ocr.safetensors.index.json");

  EXPECT_THAT(open().names(), ElementsAre("a"));
}

TEST_F(CheckpointTest, FindsNothingUnderAnUnknownName) {
  write_shard("model.safetensors", {"a"});

  EXPECT_EQ(open().find("b"), std::nullopt);
}

TEST_F(CheckpointTest, AFolderWithoutACheckpointSaysWhatIsMissing) {
  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(HasSubstr("no model.safetensors")));
}

TEST_F(CheckpointTest, KnowsWhetherAFolderHasOne) {
  write_json_file(folder.path() / "config.json", Json::object());
  EXPECT_FALSE(Checkpoint::is_in(folder.path()));

  write_shard("any.safetensors", {"a"});
  EXPECT_TRUE(Checkpoint::is_in(folder.path()));
}

TEST_F(CheckpointTest, DoesNotGuessBetweenTwoFiles) {
  write_shard("a.safetensors", {"a"});
  write_shard("b.safetensors", {"b"});

  EXPECT_THAT(
      [&] { open(); }, ThrowsMessage<InputError>(HasSubstr("several files")));
}

TEST_F(CheckpointTest, NamesTheTensorThatAShardMisses) {
  write_shard("1.safetensors", {"a"});
  write_index({{"a", "1.safetensors"}, {"b", "1.safetensors"}});

  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("1.safetensors: misses \"b\""), HasSubstr("index"))));
}

TEST_F(CheckpointTest, NamesTheTensorThatTheIndexMisses) {
  write_shard("1.safetensors", {"a", "b"});
  write_index({{"a", "1.safetensors"}});

  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(HasSubstr("1.safetensors: has \"b\"")));
}

TEST_F(CheckpointTest, RefusesATensorThatIsInTwoShards) {
  write_shard("1.safetensors", {"a"});
  write_shard("2.safetensors", {"a", "b"});
  write_index({{"a", "1.safetensors"}, {"b", "2.safetensors"}});

  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(HasSubstr("2.safetensors: has \"a\"")));
}

TEST_F(CheckpointTest, NamesTheShardThatIsMissing) {
  write_index({{"a", "1.safetensors"}});

  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("1.safetensors: does not exist"), HasSubstr("\"a\""))));
}

TEST_F(CheckpointTest, ListsOnlyTheFirstOfManyNames) {
  write_shard("1.safetensors", {});
  Json weight_map;
  for (int i = 0; i < 9; ++i) {
    weight_map[concat("x", i)] = "1.safetensors";
  }
  write_index(weight_map);

  EXPECT_THAT(
      [&] { open(); }, ThrowsMessage<InputError>(HasSubstr("and 4 more")));
}

TEST_F(CheckpointTest, RefusesAnIndexThatLeavesTheFolder) {
  for (const std::string shard :
       {"../1.safetensors", "/etc/passwd", "a/../../b", "", ".."}) {
    write_index({{"a", shard}});

    EXPECT_THAT(
        [&] { open(); },
        ThrowsMessage<InputError>(HasSubstr("not inside this folder")))
        << shard;
  }
}

TEST_F(CheckpointTest, FollowsLinksOutOfTheFolder) {
  write_shard("elsewhere/1.safetensors", {"a"});
  std::filesystem::create_directory(folder.path() / "model");
  std::filesystem::create_symlink(
      "../elsewhere/1.safetensors", folder.path() / "model/1.safetensors");
  write_index({{"a", "1.safetensors"}}, "model/model.safetensors.index.json");

  EXPECT_THAT(open("model").names(), ElementsAre("a"));
}

TEST_F(CheckpointTest, FollowsTheLinksOfHuggingFacesCache) {
  write_shard("blobs/abc", {"a"});
  std::filesystem::create_directories(folder.path() / "snapshots/main");
  std::filesystem::create_symlink(
      "../../blobs/abc", folder.path() / "snapshots/main/1.safetensors");
  write_index(
      {{"a", "1.safetensors"}}, "snapshots/main/model.safetensors.index.json");

  EXPECT_THAT(open("snapshots/main").names(), ElementsAre("a"));
}

TEST_F(CheckpointTest, RefusesALinkToSomethingOtherThanAFile) {
  std::filesystem::create_symlink("/dev/null", folder.path() / "1.safetensors");
  write_index({{"a", "1.safetensors"}});

  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(HasSubstr("expected a regular file")));
}

TEST_F(CheckpointTest, ALinkWhoseTargetIsMissingIsAMissingShard) {
  std::filesystem::create_symlink(
      "../blobs/gone", folder.path() / "1.safetensors");
  write_index({{"a", "1.safetensors"}});

  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(HasSubstr("1.safetensors: does not exist")));
}

/// What opening the folder prints to stderr with this `total_size`.
class TotalSizeTest : public CheckpointTest {
 protected:
  std::string warning(const Json& total_size) const {
    write_shard("1.safetensors", {"a"});
    write_json_file(
        folder.path() / "model.safetensors.index.json",
        Json{
            {"metadata", {{"total_size", total_size}}},
            {"weight_map", {{"a", "1.safetensors"}}}});
    ::testing::internal::CaptureStderr();
    EXPECT_THAT(open().names(), ElementsAre("a"));
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(TotalSizeTest, AWrongOneIsAcceptedWithAWarning) {
  EXPECT_THAT(
      warning(20),
      HasSubstr("total_size is 20 but the tensors have 16 bytes; ignored"));
}

TEST_F(TotalSizeTest, ATextIsAcceptedWithAWarning) {
  EXPECT_THAT(warning("16 B"), HasSubstr("total_size is \"16 B\""));
}

TEST_F(TotalSizeTest, ARightOneHasNoWarning) {
  EXPECT_EQ(warning(16), "");
}

TEST_F(CheckpointTest, RefusesAnIndexThatMapsToANumber) {
  write_index({{"a", 1}});

  EXPECT_THAT(
      [&] { open(); }, ThrowsMessage<InputError>(HasSubstr("\"a\" must name")));
}

TEST_F(CheckpointTest, RefusesAnIndexWithoutAMap) {
  write_json_file(
      folder.path() / "model.safetensors.index.json", Json::object());

  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(HasSubstr("no object \"weight_map\"")));
}

TEST_F(CheckpointTest, TheHashOfShardsDependsOnEach) {
  write_shard("1.safetensors", {"a"});
  write_shard("2.safetensors", {"b"});
  write_index({{"a", "1.safetensors"}, {"b", "2.safetensors"}});
  const std::string before = open().sha256();
  write_shard("2.safetensors", {"c"});
  write_index({{"a", "1.safetensors"}, {"c", "2.safetensors"}});

  EXPECT_NE(open().sha256(), before);
}

} // namespace
} // namespace microfiche::checkpoint
