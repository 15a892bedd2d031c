#include "memory/dataset_time.h"
#include "memory/timestamp.h"
#include "tests/memory/stores.h"

// Files in the formats of LongMemEval and LoCoMo, which are not shipped: the
// text here is ours.

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::ThrowsMessage;

class ImportDatasetsTest : public tests::StoreTest {
 protected:
  ImportDatasetsTest() : store(open()) {}

  ImportReport read(const std::string& content) {
    return import(store, content, {});
  }

  /// Number and text of each turn of the first conversation.
  std::vector<std::string> talk() {
    std::vector<std::string> list;
    for (const auto& turn : turns(store, 1)) {
      list.push_back(concat(name_of(turn.role), ": ", turn.text));
    }
    return list;
  }

  /// Turn, key, value and kind of each fact.
  std::vector<std::string> facts() {
    Statement query(
        store.database(),
        "SELECT seq, key, value, fact.kind FROM fact "
        "JOIN turn ON turn.id = fact.turn ORDER BY fact.id");
    std::vector<std::string> list;
    while (query.next()) {
      list.push_back(concat(
          query.integer(0),
          " ",
          query.text(1),
          " ",
          query.text(2),
          " (",
          query.text(3),
          ")"));
    }
    return list;
  }

  /// The file with one text in place of another.
  static std::string
  with(std::string content, const std::string& from, const std::string& to) {
    const size_t at = content.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return content.replace(at, from.size(), to);
  }

  void expect_refused(const std::string& content, const std::string& message) {
    EXPECT_THAT(
        [&] { read(content); }, ThrowsMessage<InputError>(HasSubstr(message)));
    EXPECT_EQ(count(store).turns, 0);
  }

  Store store;
};

/// Two sessions, the newer one first, as in the file with the needed sessions
/// alone.
const std::string kLongMemEval = R"([
 {"question_id": "q7", "question_type": "single-session-user",
  "question": "Which tree did I plant?", "answer": "A Quince.",
  "question_date": "2023/06/01 (Thu) 10:00",
  "haystack_session_ids": ["s2", "s1"],
  "haystack_dates": ["2023/05/30 (Tue) 23:40", "2023/05/20 (Sat) 02:21"],
  "haystack_sessions": [
   [{"role": "user", "content": "Do quinces like shade?"},
    {"role": "assistant", "content": "No."}],
   [{"role": "user", "content": "I planted a quince behind the house.",
     "has_answer": true},
    {"role": "assistant", "content": "A quince needs sun."}]],
  "answer_session_ids": ["s1"]}])";

TEST_F(ImportDatasetsTest, SessionsOfLongMemEvalComeInTheOrderOfTheirDates) {
  const auto report = read(kLongMemEval);

  EXPECT_EQ(report.format, Format::kLongMemEval);
  EXPECT_EQ(find_conversation(store, "q7").title, "Which tree did I plant?");
  EXPECT_THAT(
      talk(),
      ElementsAre(
          "user: I planted a quince behind the house.",
          "assistant: A quince needs sun.",
          "user: Do quinces like shade?",
          "assistant: No."));
  EXPECT_EQ(
      time_text(turns(store, 1)[0].time_ms.value()), "2023-05-20T02:21:00Z");
}

TEST_F(ImportDatasetsTest, AQuestionIsAFactOfTheMarkedMessageThatSpellsIt) {
  read(kLongMemEval);

  EXPECT_THAT(
      facts(), ElementsAre("1 Which tree did I plant? a quince (question)"));
}

TEST_F(
    ImportDatasetsTest,
    WithoutMarksTheNewestMessageOfTheNamedSessionsCounts) {
  read(with(kLongMemEval, ",\n     \"has_answer\": true", ""));

  EXPECT_THAT(
      facts(), ElementsAre("2 Which tree did I plant? A quince (question)"));
}

TEST_F(ImportDatasetsTest, AnAnswerThatIsOnlyPartOfAWordIsNotSpelled) {
  // "quinces" and "sunny" are other words.
  const auto report = read(with(kLongMemEval, "A Quince.", "quin"));

  EXPECT_THAT(facts(), ElementsAre());
  EXPECT_EQ(report.losses.questions, 1);
}

TEST_F(ImportDatasetsTest, QuestionsWithoutAnAnswerAreCounted) {
  EXPECT_EQ(
      read(with(kLongMemEval, "\"q7\"", "\"q7_abs\"")).losses.questions, 1);
  EXPECT_THAT(facts(), ElementsAre());
}

TEST_F(ImportDatasetsTest, ABrokenLongMemEvalFileNamesLineAndField) {
  expect_refused(
      with(kLongMemEval, "2023/05/20 (Sat) 02:21", "20 May 2023"),
      "conversation 1 (line 2): haystack_dates[1]: expected a date such as "
      "\"2023/05/20 (Sat) 02:21\"");
  expect_refused(
      with(kLongMemEval, R"(["s2", "s1"])", R"(["s2"])"),
      "haystack_session_ids: expected one element per session, 2");
  expect_refused(
      with(kLongMemEval, R"("content": "No.")", R"("text": "No.")"),
      "haystack_sessions[0][1]: expected a field \"content\"");
  expect_refused(
      with(kLongMemEval, "\"A Quince.\"", "[]"), "answer: expected a text");
}

/// Ten sessions come after the second, not in front of it.
const std::string kLocomo = R"([
 {"sample_id": "conv-9",
  "conversation": {
   "speaker_a": "Ida", "speaker_b": "Tom",
   "session_10_date_time": "9:05 am on 1 June, 2023",
   "session_10": [{"speaker": "Ida", "dia_id": "D10:1", "text": "Hello again!"}],
   "session_2_date_time": "12:30 am on 8 May, 2023",
   "session_2": [
    {"speaker": "Tom", "dia_id": "D2:1", "text": "I sold 12 lamps.",
     "img_url": ["https://example.org/a.jpg"], "blip_caption": "a lamp"},
    {"speaker": "Ida", "dia_id": "D2:2", "text": "That makes 12 euros."}],
   "session_3_date_time": "1:56 pm on 9 May, 2023"},
  "qa": [
   {"question": "How many lamps did Tom sell?", "answer": 12,
    "evidence": ["D2:1; D2:2"], "category": 1},
   {"question": "When did Ida greet Tom?", "answer": "June", "category": 2,
    "evidence": ["D10:1"]},
   {"question": "What did Ida steal?", "adversarial_answer": "lamps",
    "evidence": ["D2:1"], "category": 5}],
  "event_summary": {}}])";

TEST_F(ImportDatasetsTest, LocomoHasTwoSpeakersAndNumberedSessions) {
  const auto report = read(kLocomo);

  EXPECT_EQ(report.format, Format::kLocomo);
  EXPECT_EQ(find_conversation(store, "conv-9").title, "Ida and Tom");
  EXPECT_THAT(
      talk(),
      ElementsAre(
          "assistant: Tom: I sold 12 lamps.",
          "user: Ida: That makes 12 euros.",
          "user: Ida: Hello again!"));
  EXPECT_EQ(
      time_text(turns(store, 1)[0].time_ms.value()), "2023-05-08T00:30:00Z");
  EXPECT_EQ(report.losses.images, 1);
}

TEST_F(ImportDatasetsTest, QuestionsOfLocomoThatNoTurnAnswersAreCounted) {
  const auto report = read(kLocomo);

  // The newest message of the evidence that has the answer.
  EXPECT_THAT(
      facts(), ElementsAre("2 How many lamps did Tom sell? 12 (question)"));
  EXPECT_EQ(report.losses.questions, 2);
}

TEST_F(ImportDatasetsTest, ABrokenLocomoFileNamesLineAndField) {
  expect_refused(
      with(kLocomo, "9:05 am on 1 June, 2023", "June"),
      "conversation 1 (line 2): conversation.session_10_date_time: expected a "
      "time such as \"1:56 pm on 8 May, 2023\"");
  expect_refused(
      with(kLocomo, R"("speaker": "Tom")", R"("speaker": "Eve")"),
      "conversation.session_2[0].speaker: expected \"Ida\" or \"Tom\"");
  expect_refused(
      with(kLocomo, R"("dia_id": "D2:2", )", ""),
      "session_2[1]: expected a field \"dia_id\"");
  expect_refused(
      with(kLocomo, R"("category": 1)", R"("category": "one")"),
      "qa[0].category: expected a whole number");
}

TEST(DatasetTimeTest, OnlyWholeTimesAreRead) {
  EXPECT_THAT(
      parse_longmemeval_time("2023/05/20 (Sat) 02:21"),
      Optional(1684549260000));
  EXPECT_THAT(
      parse_locomo_time("12:05 pm on 29 February, 2024"),
      Optional(1709208300000));
  for (const char* text :
       {"",
        "2023/05/20",
        "2023/05/20 (Sat 02:21",
        "2023/13/20 (Sat) 02:21",
        "2023/05/20 (Sat) 02:21 "}) {
    EXPECT_EQ(parse_longmemeval_time(text), std::nullopt) << text;
  }
  for (const char* text :
       {"",
        "13:05 pm on 8 May, 2023",
        "0:05 am on 8 May, 2023",
        "1:05 pm on 30 February, 2023",
        "1:05 pm on 8 Mai, 2023",
        "1:05 pm on 8 May, 2023."}) {
    EXPECT_EQ(parse_locomo_time(text), std::nullopt) << text;
  }
}

} // namespace
} // namespace microfiche::memory
