#include "server/http/data_uri.h"
#include "server/http/reply.h"
#include "server/http/stop_filter.h"

#include "server/http/api_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::server {
namespace {

using namespace std::chrono_literals;

/// All text that a filter lets pass, piece by piece.
std::string pass(
    const std::vector<std::string>& stops,
    const std::vector<std::string>& pieces) {
  StopFilter filter(stops);
  std::string text;
  for (const auto& piece : pieces) {
    text += filter.push(piece);
  }
  return text + filter.finish();
}

TEST(StopFilterTest, EndsBeforeTheStringWhereverItIsCut) {
  EXPECT_EQ(pass({"END"}, {"some END more"}), "some ");
  EXPECT_EQ(pass({"END"}, {"some E", "N", "D more"}), "some ");
  EXPECT_EQ(pass({"END"}, {"some E", "NOUGH"}), "some ENOUGH");
  EXPECT_EQ(pass({"END", "m"}, {"some END"}), "so");
  EXPECT_EQ(pass({"aab"}, {"a", "a", "a", "b"}), "a");
  EXPECT_EQ(pass({"END"}, {"some EN"}), "some EN");
  EXPECT_EQ(pass({}, {"some", " text"}), "some text");
}

TEST(DataUriTest, ReadsBase64AsRfc4648Says) {
  const auto read = [](const std::string& digits) {
    return read_data_uri("data:x/y;base64," + digits, "url");
  };
  // The examples of RFC 4648, section 10.
  EXPECT_EQ(read("Zg=="), "f");
  EXPECT_EQ(read("Zm8="), "fo");
  EXPECT_EQ(read("Zm9vYmFy"), "foobar");
  EXPECT_EQ(read("+/+/"), "\xFB\xFF\xBF");
  for (const auto* wrong :
       {"", "Zg", "Zg=", "Zm9v!mFy", "Zm9v\nYmFy", "===="}) {
    EXPECT_THROW(read(wrong), ApiError) << wrong;
  }
}

TEST(ReplyTest, GivesUpAClientThatDoesNotRead) {
  Reply reply(/*max_buffer=*/10);

  reply.push("12345");
  EXPECT_FALSE(reply.ended());
  reply.push("678901");

  EXPECT_TRUE(reply.ended());
  EXPECT_EQ(reply.error()->code, "slow_client");
  EXPECT_TRUE(reply.take(0ms).last);
}

TEST(ReplyTest, AClientThatReadsKeepsItsAnswer) {
  Reply reply(/*max_buffer=*/10);
  std::string text;
  for (int i = 0; i < 10; ++i) {
    reply.push("12345");
    text += reply.take(0ms).text;
  }
  reply.finish({});

  EXPECT_EQ(text.size(), 50u);
  EXPECT_TRUE(reply.take(0ms).last);
  EXPECT_TRUE(reply.summary());
  EXPECT_FALSE(reply.error());
}

TEST(ReplyTest, AWholeAnswerComesAtItsEndWhateverItsSize) {
  const size_t size = 2 << 20;
  Reply reply(std::nullopt);
  reply.push(std::string(size, 'a'));

  EXPECT_EQ(reply.take(0ms).text, "");
  EXPECT_FALSE(reply.ended());
  reply.finish({});
  const auto piece = reply.take(0ms);
  EXPECT_EQ(piece.text.size(), size);
  EXPECT_TRUE(piece.last);
}

TEST(ReplyTest, TheFirstEndCounts) {
  Reply reply(/*max_buffer=*/10);

  reply.cancel();
  reply.finish({});

  EXPECT_EQ(reply.error()->status, 499);
  EXPECT_FALSE(reply.summary());
}

} // namespace
} // namespace microfiche::server
