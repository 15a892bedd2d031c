#include "tests/apps/model_commands.h"

#include "core/files.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <string>

// What the commands that take pages accept as inputs, and that results never
// replace a file of the user.

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kShort = " --max-new-tokens 4";

class ReadInputsTest : public tests::ModelCommandsTest {
 protected:
  void copy_case(const std::string& name, const std::string& to) const {
    std::filesystem::create_directories((folder.path() / to).parent_path());
    std::filesystem::copy(
        tests::data_path("cases/" + name),
        folder.path() / to,
        std::filesystem::copy_options::recursive);
  }

  bool exists(const std::string& name) const {
    return std::filesystem::exists(folder.path() / name);
  }

  /// The bytes of all files of a folder, by name.
  std::map<std::string, std::string> files_of(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder.path() / name)) {
      files[entry.path().filename().string()] = read_file(entry.path());
    }
    return files;
  }
};

TEST_F(ReadInputsTest, APromptThatDoesNotShowThePageIsRefused) {
  for (const char* command :
       {"read page.png", "trace page.png -o trace.safetensors"}) {
    for (const char* prompt : {"'Free OCR.'", "'< image > Free OCR.'"}) {
      const auto outcome =
          run(std::string(command) + " --prompt " + std::string(prompt));

      EXPECT_EQ(outcome.exit_code, 3) << command;
      EXPECT_THAT(outcome.err, HasSubstr("--prompt: expected <image>"));
    }
  }
}

TEST_F(ReadInputsTest, AnEmptyPromptIsRefused) {
  for (const char* command :
       {"read page.png", "trace page.png -o trace.safetensors"}) {
    const auto outcome = run(std::string(command) + " --prompt ''");

    EXPECT_EQ(outcome.exit_code, 2) << command;
    EXPECT_THAT(
        outcome.err,
        AllOf(HasSubstr("--prompt"), HasSubstr("leave --prompt out")));
  }
}

TEST_F(ReadInputsTest, ALiteralBackslashAndNInAPromptIsRefused) {
  for (const char* command :
       {"read page.png", "trace page.png -o trace.safetensors"}) {
    const auto outcome =
        run(std::string(command) + R"( --prompt '<image>\nFree OCR.')");

    EXPECT_EQ(outcome.exit_code, 3) << command;
    EXPECT_THAT(
        outcome.err,
        AllOf(HasSubstr("got a backslash and an n"), HasSubstr("$'")));
  }
}

TEST_F(ReadInputsTest, EveryPageOfATiffIsRead) {
  copy_case("multi.tif", "multi.tif");

  const auto all = run("read multi.tif -o out" + kShort);
  const auto second =
      run("trace multi.tif --page 2 --steps 1 -o trace.safetensors");
  const auto first = run("encode multi.tif --page 1 -o one.safetensors");

  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(read_json("out/multi-0003.json")["page"], 3);
  EXPECT_TRUE(exists("out/multi-0001.md"));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(first.exit_code, 0) << first.err;
}

TEST_F(ReadInputsTest, EveryCommandTakesAText) {
  write_file(folder.path() / "notes.txt", "Ink");

  const auto read = run("read notes.txt --mode t9" + kShort);
  const auto trace =
      run("trace notes.txt --mode t9 --steps 1 -o trace.safetensors");
  const auto encode = run("encode notes.txt --mode t9 -o text.safetensors");
  const auto saved = run("read text.safetensors" + kShort);

  ASSERT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(trace.exit_code, 0) << trace.err;
  EXPECT_EQ(encode.exit_code, 0) << encode.err;
  EXPECT_EQ(saved.out, read.out);
}

TEST_F(ReadInputsTest, ALongTextIsReadPageByPage) {
  write_file(folder.path() / "notes.txt", "one two three\n\nfour");
  write_file(
      folder.path() / "style.json",
      R"({"page_width_px": 128, "page_height_px": 40, "margin_top_px": 4,
          "margin_right_px": 4, "margin_bottom_px": 4, "margin_left_px": 4,
          "font_size_px": 16})");

  const auto outcome = run("read notes.txt --style style.json -o out" + kShort);

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read_json("out/notes-0002.json")["page"], 2);
  EXPECT_EQ(run("read page.png --style style.json").exit_code, 2);
}

TEST_F(ReadInputsTest, TwoInputsOfOneNameGiveTwoResults) {
  copy_case("collide", "collide");
  std::filesystem::create_directories(folder.path() / "other");
  std::filesystem::copy(
      folder.path() / "page.png", folder.path() / "other/page.jpg");

  const auto given = run("read collide -o out" + kShort);
  const auto own = run("read page.png other/page.jpg -o own" + kShort);
  const auto again = run("read collide -o out" + kShort);

  ASSERT_EQ(given.exit_code, 0) << given.err;
  ASSERT_EQ(own.exit_code, 0) << own.err;
  EXPECT_EQ(read_json("out/paper-0001.json")["file"], "collide/paper-0001.png");
  EXPECT_EQ(read_json("out/paper-0001-2.json")["file"], "collide/paper.pdf");
  EXPECT_EQ(read_json("own/page-2.json")["file"], "other/page.jpg");
  EXPECT_THAT(again.err, HasSubstr("left unchanged: "));
  EXPECT_FALSE(exists("out/paper-0001-3.json"));
}

TEST_F(ReadInputsTest, AReplacedFileIsReadAgain) {
  ASSERT_EQ(run("read page.png -o out" + kShort).exit_code, 0);
  const Json before = read_json("out/page.json");
  const auto time =
      std::filesystem::last_write_time(folder.path() / "page.png");
  page::write_png(folder.path() / "page.png", tests::noise_page(120, 90, 5));
  // A copy can keep the time of its source.
  std::filesystem::last_write_time(folder.path() / "page.png", time);

  ASSERT_EQ(run("read page.png -o out" + kShort).exit_code, 0);

  const Json after = read_json("out/page.json");
  EXPECT_NE(after["sha256"], before["sha256"]);
  EXPECT_EQ(after["image_size"], (Json{120, 90}));
}

TEST_F(ReadInputsTest, AReplacedPdfIsReadAgain) {
  write_file(folder.path() / "three.pdf", tests::three_pages());
  ASSERT_EQ(run("read three.pdf --pages 1 -o out" + kShort).exit_code, 0);
  const Json before = read_json("out/three-0001.json");
  write_file(folder.path() / "three.pdf", tests::three_pages() + "\n");

  const auto outcome = run("read three.pdf --pages 1 -o out" + kShort);

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(read_json("out/three-0001.json")["sha256"], before["sha256"]);
}

TEST_F(ReadInputsTest, ALongFileNameFailsAloneBeforeItIsRead) {
  const std::string name = std::string(236, 'x') + ".png";
  std::filesystem::create_directories(folder.path() / "scans");
  for (const auto& file : {name, std::string("a.png"), std::string("z.png")}) {
    std::filesystem::copy(
        folder.path() / "page.png", folder.path() / "scans" / file);
  }

  const auto outcome = run("read scans -o out" + kShort);

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(
      outcome.err,
      AllOf(HasSubstr("too long"), Not(HasSubstr("File name too long"))));
  EXPECT_TRUE(exists("out/a.json"));
  EXPECT_TRUE(exists("out/z.json"));
}

TEST_F(ReadInputsTest, AFolderCanBeReadIntoItself) {
  std::filesystem::create_directories(folder.path() / "scans");
  page::write_png(folder.path() / "scans/a.png", tests::noise_page(64, 64, 2));
  page::write_png(
      folder.path() / "scans/a-boxes.png", tests::noise_page(64, 64, 3));
  write_file(folder.path() / "scans/a.md", "my own notes");
  const auto before = files_of("scans");

  const auto first = run("read scans -o scans" + kShort);
  const auto results = files_of("scans");
  const auto second = run("read scans -o scans" + kShort);

  ASSERT_EQ(first.exit_code, 0) << first.err;
  ASSERT_EQ(second.exit_code, 0) << second.err;
  for (const auto& [name, bytes] : before) {
    EXPECT_EQ(results.at(name), bytes) << name;
  }
  EXPECT_EQ(read_json("scans/a-2.json")["file"], "scans/a.png");
  EXPECT_EQ(read_json("scans/a-boxes.json")["file"], "scans/a-boxes.png");
  EXPECT_THAT(second.err, HasSubstr("left unchanged: 2"));
  EXPECT_EQ(files_of("scans"), results);
}

TEST_F(ReadInputsTest, AResultFolderCanBeReadLikeAnyOther) {
  std::filesystem::create_directories(folder.path() / "scans");
  page::write_png(folder.path() / "scans/a.png", tests::noise_page(64, 64, 2));
  ASSERT_EQ(run("read scans -o scans" + kShort).exit_code, 0);

  const auto outcome = run("read scans -o out" + kShort);

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(exists("out/a.json"));
  EXPECT_FALSE(exists("out/a-2.json"));
  EXPECT_THAT(
      outcome.err, HasSubstr("2 files not read, because `read` wrote them"));
}

TEST_F(ReadInputsTest, NothingInAFolderIsSkippedSilently) {
  std::filesystem::create_directories(folder.path() / "scans/more");
  std::filesystem::copy(
      folder.path() / "page.png", folder.path() / "scans/photo.jfif");
  write_file(folder.path() / "scans/anim.gif", "GIF89a\1");

  const auto outcome = run("read scans -o out --quiet" + kShort);

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(exists("out/photo.json"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("anim.gif"), HasSubstr("(more)")));
}

} // namespace
} // namespace microfiche
