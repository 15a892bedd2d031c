#include "training/log/event_file.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string only_file(const fs::path& folder) {
  const auto first = fs::directory_iterator(folder);
  return read_file(first->path());
}

/// The messages of a file, their lengths followed and nothing else.
std::vector<std::string> messages(const std::string& file) {
  std::vector<std::string> messages;
  for (size_t at = 0; at + 12 <= file.size();) {
    uint64_t length = 0;
    std::memcpy(&length, file.data() + at, sizeof length);
    messages.push_back(file.substr(at + 12, length));
    at += 12 + length + 4;
  }
  return messages;
}

TEST(EventFileTest, ChecksumsAreThoseOfTheStandard) {
  // RFC 3720, appendix B.4, and the check value of the polynomial.
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
}

TEST(EventFileTest, BeginsWithTheVersionRecord) {
  const tests::TemporaryFolder folder;
  const EventFile events(folder.path(), /*first_step=*/1);

  const auto all = messages(only_file(folder.path()));

  ASSERT_EQ(all.size(), 1);
  EXPECT_THAT(all[0], HasSubstr("brain.Event:2"));
}

TEST(EventFileTest, WritesTheSameBytesAsTensorBoard) {
  const tests::TemporaryFolder folder;
  EventFile events(folder.path(), /*first_step=*/1);

  events.add(299, 2.25, {{"loss", 0.5}, {"precision/one/corpus/5", -1e-3}});
  events.add_image(
      300,
      2.25,
      "page/one/corpus/5/0",
      {/*width_px=*/300,
       /*height_px=*/64,
       "\x89PNG, as far as TensorBoard looks"});
  events.add_text(
      301,
      2.25,
      "reading/one/corpus/5/0",
      "**Reference**\n\n    caf\u00e9 | `x`\n");

  // tests/oracles/make_event_goldens; the first records differ in their times.
  const auto golden = read_file(tests::data_path("training/events.tfevents"));
  const auto written = only_file(folder.path());
  const auto first_record = 12 + messages(golden)[0].size() + 4;
  ASSERT_EQ(written.size(), golden.size());
  EXPECT_EQ(written.substr(first_record), golden.substr(first_record));
}

TEST(EventFileTest, NamesTheFileThatItCannotWrite) {
  const tests::TemporaryFolder folder;
  EventFile events(folder.path() / "events", /*first_step=*/1);
  fs::remove_all(folder.path() / "events");

  EXPECT_THAT(
      [&] {
        events.add(1, 1.0, {{"loss", 1.0}});
      },
      ThrowsMessage<IoError>(HasSubstr("events.out.tfevents")));
}

} // namespace
} // namespace microfiche::training
