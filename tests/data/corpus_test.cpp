#include "data/corpus.h"

#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace microfiche::data {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<Document> make_documents(int64_t count) {
  std::vector<Document> documents;
  for (int64_t i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    documents.push_back({id, "This is document " + id + ".", id});
  }
  return documents;
}

TEST(ReadDocumentsTest, ReadsATextFileAsOneDocument) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "a.txt", "One.\nTwo.\n");

  const auto documents = read_documents(folder.path() / "a.txt");

  ASSERT_EQ(documents.size(), 1);
  EXPECT_EQ(documents[0].id, "a.txt");
  EXPECT_EQ(documents[0].text, "One.\nTwo.\n");
}

TEST(ReadDocumentsTest, ReadsALineOfJsonAsADocumentAndLeavesBlankLinesOut) {
  const tests::TemporaryFolder folder;
  write_file(
      folder.path() / "a.jsonl",
      "{\"id\": \"x\", \"text\": \"One.\", \"source\": \"s\"}\n\n"
      "{\"text\": \"Two.\"}");

  const auto documents = read_documents(folder.path() / "a.jsonl");

  ASSERT_EQ(documents.size(), 2);
  EXPECT_EQ(documents[0].id, "x");
  EXPECT_EQ(documents[1].text, "Two.");
  EXPECT_THAT(documents[1].where, HasSubstr("a.jsonl:3"));
}

TEST(ReadDocumentsTest, ReadsAFolderInTheOrderOfTheNames) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "b.txt", "second");
  write_file(folder.path() / "a" / "c.txt", "first");
  write_file(folder.path() / "notes.md", "passed over");

  const auto documents = read_documents(folder.path());

  ASSERT_EQ(documents.size(), 2);
  EXPECT_EQ(documents[0].text, "first");
  EXPECT_EQ(documents[1].text, "second");
}

TEST(ReadDocumentsTest, NamesTheLineThatHasNoText) {
  const tests::TemporaryFolder folder;
  write_file(
      folder.path() / "a.jsonl", "{\"text\": \"ok\"}\n{\"txt\": \"\"}\n");

  EXPECT_THAT(
      [&] { read_documents(folder.path() / "a.jsonl"); },
      ThrowsMessage<InputError>(HasSubstr("a.jsonl:2: expected a string")));
}

TEST(ReadDocumentsTest, NamesTheFileThatIsNotUtf8) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "a.txt", "caf\xe9");

  EXPECT_THAT(
      [&] { read_documents(folder.path() / "a.txt"); },
      ThrowsMessage<InputError>(HasSubstr("a.txt: expected UTF-8")));
}

TEST(ReadDocumentsTest, RefusesAPathThatIsNotThere) {
  EXPECT_THAT(
      [] { read_documents(std::filesystem::path("/nowhere/at/all")); },
      ThrowsMessage<InputError>(HasSubstr("no such file or folder")));
}

TEST(ReadDocumentsTest, RefusesAFolderWithoutDocuments) {
  const tests::TemporaryFolder folder;

  EXPECT_THAT(
      [&] { read_documents(folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("no document in it")));
}

TEST(SplitTest, HoldsOutAboutTheRequestedFraction) {
  const auto held_out =
      select_split(make_documents(2000), 0.1, Split::kHeldOut);

  EXPECT_NEAR(static_cast<double>(held_out.size()), 200, 60);
}

TEST(SplitTest, PutsEveryDocumentInExactlyOneHalf) {
  const auto documents = make_documents(200);

  const auto training = select_split(documents, 0.3, Split::kTraining);
  const auto held_out = select_split(documents, 0.3, Split::kHeldOut);

  std::set<std::string> ids;
  for (const auto& half : {training, held_out}) {
    for (const auto& document : half) {
      EXPECT_TRUE(ids.insert(document.id).second);
    }
  }
  EXPECT_EQ(ids.size(), 200);
}

TEST(SplitTest, DependsOnTheTextAndNotOnTheName) {
  EXPECT_EQ(
      split_of({"a", "The same text.", "x"}, 0.5),
      split_of({"b", "The same text.", "y"}, 0.5));
}

bool keep_all(char32_t) {
  return true;
}

TEST(PageTextTest, ShowsTypographicMarksAsAscii) {
  EXPECT_EQ(
      to_page_text(
          "\u201cWell\u201d \u2014 it\u2019s\u2026",
          [](char32_t) { return false; }),
      "\"Well\" -- it's...");
}

TEST(PageTextTest, MakesWhiteSpaceOneSpaceAndDropsInvisibleCharacters) {
  EXPECT_EQ(
      to_page_text("  a\n\n\tb \u4f60\u00ad\u200b c\n", keep_all),
      "a b \u4f60 c");
}

TEST(CorpusTest, CountsTheSameTextOnce) {
  const Corpus corpus({{"a", "Same text.", "a"}, {"b", "Same  text.", "b"}});

  EXPECT_EQ(corpus.documents().size(), 1);
}

TEST(CorpusTest, RefusesToBeEmpty) {
  EXPECT_THAT(
      [] {
        Corpus({{"a", "\u200b", "a"}});
      },
      ThrowsMessage<InputError>(HasSubstr("none of its 1 document has text")));
}

TEST(CorpusTest, KeepsAccentsThatTheFontsCanDraw) {
  const Corpus corpus(
      read_documents(
          std::filesystem::path(MICROFICHE_SOURCE_DIR "/tests/data/cases/fr")),
      {"DejaVu Sans", "DejaVu Sans Mono"});

  EXPECT_EQ(corpus.num_dropped(), 0);
  EXPECT_THAT(
      corpus.documents()[0].text, HasSubstr("mangèrent crêpes où du garçon"));
}

TEST(CorpusTest, DropsAndCountsARareCharacterThatAFontLacks) {
  std::string text = "Smörgåsbord \u4f60";
  for (int i = 0; i < 50; ++i) {
    text += " på svenska";
  }
  testing::internal::CaptureStderr();

  const Corpus corpus({{"a", text, "a"}});

  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      HasSubstr("cannot draw 1 of 562 characters (0.18 %): U+4F60"));
  EXPECT_EQ(corpus.num_dropped(), 1);
  EXPECT_THAT(
      corpus.documents()[0].text, testing::StartsWith("Smörgåsbord på"));
}

TEST(CorpusTest, MessagesNameTheText) {
  EXPECT_THAT(
      [] {
        Corpus({{"a", "Ten \u4f60", "a"}}, {"DejaVu Sans"}, "held_out");
      },
      ThrowsMessage<InputError>(
          testing::StartsWith("held_out: the fonts cannot draw 1 of 4 ")));
}

TEST(CorpusTest, RefusesToLoseMoreThanOnePercent) {
  EXPECT_THAT(
      [] {
        Corpus({{"a", "Ten letters and \u4f60\u597d", "a"}});
      },
      ThrowsMessage<InputError>(testing::AllOf(
          HasSubstr("cannot draw 2 of 17 characters (11.76 %): U+597D"),
          HasSubstr("at most 1 % may be dropped"))));
}

TEST(CorpusTest, APassageOfChineseHasTheRequestedCharacters) {
  const Corpus corpus({{"a", "天地玄黄宇宙洪荒日月盈昃辰宿列张", "a"}}, {});
  RandomStream random(1, "test");
  std::set<std::string> passages;

  for (int i = 0; i < 50; ++i) {
    const auto passage = corpus.passage(random, 3);
    EXPECT_GE(count_code_points(passage), 3);
    EXPECT_LE(count_code_points(passage), 4);
    passages.insert(passage);
  }

  EXPECT_GT(passages.size(), 5u);
}

TEST(CorpusTest, DrawsPassagesOfWholeWordsInTheRequestedLength) {
  const Corpus corpus(
      {{"a", "one two three four five six seven", "a"},
       {"b", "eight nine ten", "b"}});
  RandomStream random(1, "test");

  for (int64_t i = 0; i < 100; ++i) {
    const std::string passage = corpus.passage(random, 20);

    EXPECT_GE(passage.size(), 20);
    EXPECT_LE(passage.size(), 26);
    EXPECT_NE(passage.front(), ' ');
    EXPECT_NE(passage.back(), ' ');
  }
}

} // namespace
} // namespace microfiche::data
