#include "memory/export.h"
#include "tests/memory/stores.h"

// What each format gives, and what is lost of it.

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

class ImportFormatsTest : public tests::StoreTest {
 protected:
  ImportFormatsTest() : store(open()) {}

  ImportReport read(const std::string& content, bool keep_tools = false) {
    ImportOptions options;
    options.keep_tools = keep_tools;
    return import(store, content, options);
  }

  /// Roles and texts of a conversation.
  std::vector<std::string> talk(const std::string& conversation) {
    std::vector<std::string> list;
    const auto found = find_conversation(store, conversation);
    for (const auto& turn : turns(store, found.id)) {
      list.push_back(concat(name_of(turn.role), ": ", turn.text));
    }
    return list;
  }

  void expect_refused(const std::string& content, const std::string& message) {
    EXPECT_THAT(
        [&] { read(content); }, ThrowsMessage<InputError>(HasSubstr(message)));
    EXPECT_EQ(count(store).conversations, 0);
    EXPECT_EQ(count(store).turns, 0);
  }

  Store store;
};

/// Two answers to the first question, of which the second is current; a hidden
/// instruction; a picture.
const std::string kChatGpt = R"([{
  "title": "Lockers", "create_time": 1772357400.5, "conversation_id": "c-1",
  "current_node": "d",
  "mapping": {
    "root": {"id": "root", "message": null, "parent": null, "children": ["s"]},
    "s": {"message": {"author": {"role": "system"}, "weight": 0,
          "content": {"content_type": "text", "parts": ["hidden"]}},
          "parent": "root", "children": ["a"]},
    "a": {"message": {"author": {"role": "user"}, "create_time": 1772357400.25,
          "content": {"content_type": "multimodal_text",
            "parts": [{"content_type": "image_asset_pointer"}, "Which code?"]},
          "metadata": {"attachments": [{"mime_type": "image/png"},
                                       {"mime_type": "application/pdf"}]}},
          "parent": "s", "children": ["b", "c"]},
    "b": {"message": {"author": {"role": "assistant"},
          "content": {"content_type": "text", "parts": ["The old answer"]}},
          "parent": "a", "children": []},
    "c": {"message": {"author": {"role": "assistant"}, "recipient": "python",
          "content": {"content_type": "code", "text": "print 1"}},
          "parent": "a", "children": ["d"]},
    "d": {"message": {"author": {"role": "assistant"},
          "content": {"content_type": "text", "parts": ["kfqe", "indeed"]}},
          "parent": "c", "children": []}
  }}])";

TEST_F(ImportFormatsTest, ChatGptFollowsTheCurrentBranch) {
  const auto report = read(kChatGpt);

  EXPECT_EQ(report.format, Format::kChatGpt);
  EXPECT_THAT(
      talk("c-1"), ElementsAre("user: Which code?", "assistant: kfqe\nindeed"));
  EXPECT_EQ(find_conversation(store, "c-1").title, "Lockers");
  EXPECT_THAT(turns(store, 1)[0].time_ms, Optional(1772357400250));
  EXPECT_EQ(turns(store, 1)[0].trust, Trust::kImported);
}

TEST_F(ImportFormatsTest, ChatGptCountsWhatIsLost) {
  const auto losses = read(kChatGpt).losses;

  EXPECT_EQ(losses.images, 1);
  EXPECT_EQ(losses.files, 1);
  EXPECT_EQ(losses.branches, 1);
  EXPECT_EQ(losses.hidden, 1);
  EXPECT_EQ(losses.tools, 1);
}

TEST_F(ImportFormatsTest, ToolsAreKeptOnRequest) {
  read(kChatGpt, /*keep_tools=*/true);

  EXPECT_THAT(talk("c-1"), SizeIs(3));
  EXPECT_EQ(turns(store, 1)[1].kind, Kind::kTool);
}

TEST_F(ImportFormatsTest, ChatGptWithoutCurrentNodeTakesTheLastBranch) {
  auto content = kChatGpt;
  content.replace(content.find("\"d\""), 3, "null");

  read(content);

  EXPECT_THAT(talk("c-1"), SizeIs(2));
}

TEST_F(ImportFormatsTest, AChatGptTreeWithACircleIsRefused) {
  auto content = kChatGpt;
  content.replace(content.find("\"parent\": null"), 14, "\"parent\": \"d\"");

  expect_refused(content, "is its own ancestor");
}

TEST_F(ImportFormatsTest, AChatGptTreeWithAMissingNodeIsRefused) {
  auto content = kChatGpt;
  content.replace(content.find("\"parent\": \"c\""), 13, "\"parent\": \"x\"");

  expect_refused(content, "conversation 1 (line 1): mapping: no node \"x\"");
}

TEST_F(ImportFormatsTest, ClaudeReadsTextOrContent) {
  const auto report = read(R"([
    {"uuid": "u-1", "name": "Lockers", "created_at": "2026-03-01T09:00:00Z",
     "chat_messages": [
      {"uuid": "m1", "sender": "human", "text": "Which code?",
       "created_at": "2026-03-01T09:30:00.250Z",
       "attachments": [{"file_name": "a.txt"}], "files": [{"file_name": "b.png"}]},
      {"uuid": "m2", "sender": "assistant", "text": "",
       "content": [{"type": "thinking", "thinking": "hm"},
                   {"type": "text", "text": "kfqe"},
                   {"type": "tool_use", "name": "search", "input": {}}]}]}])");

  EXPECT_EQ(report.format, Format::kClaude);
  EXPECT_THAT(talk("u-1"), ElementsAre("user: Which code?", "assistant: kfqe"));
  EXPECT_THAT(turns(store, 1)[0].time_ms, Optional(1772357400250));
  EXPECT_EQ(report.losses.files, 1);
  EXPECT_EQ(report.losses.images, 1);
  EXPECT_EQ(report.losses.hidden, 1);
  EXPECT_EQ(report.losses.tools, 1);
}

TEST_F(ImportFormatsTest, ClaudeKeepsTheBranchOfTheLastMessage) {
  const auto report = read(R"([{"uuid": "u-1", "chat_messages": [
      {"uuid": "1", "parent_message_uuid": "0", "sender": "human", "text": "q"},
      {"uuid": "2", "parent_message_uuid": "1", "sender": "assistant", "text": "old"},
      {"uuid": "3", "parent_message_uuid": "1", "sender": "assistant", "text": "new"}
    ]}])");

  EXPECT_THAT(talk("u-1"), ElementsAre("user: q", "assistant: new"));
  EXPECT_EQ(report.losses.branches, 1);
}

TEST_F(ImportFormatsTest, ClaudeCodeJoinsTheBlocksOfOneAnswer) {
  const auto report = read(
      R"({"type": "summary", "summary": "Lockers", "leafUuid": "x"}
{"type": "user", "sessionId": "s-1", "uuid": "1", "timestamp": "2026-03-01T09:30:00Z", "message": {"role": "user", "content": "Which code?"}}
{"type": "assistant", "sessionId": "s-1", "uuid": "2", "message": {"id": "m", "role": "assistant", "content": [{"type": "text", "text": "I look."}]}}
{"type": "assistant", "sessionId": "s-1", "uuid": "3", "message": {"id": "m", "role": "assistant", "content": [{"type": "tool_use", "name": "grep", "input": {"q": "17"}}]}}
{"type": "user", "sessionId": "s-1", "uuid": "4", "message": {"role": "user", "content": [{"type": "tool_result", "content": "kfqe"}]}}
{"type": "user", "sessionId": "s-1", "uuid": "5", "isSidechain": true, "message": {"role": "user", "content": "aside"}}
{"type": "assistant", "sessionId": "s-1", "uuid": "6", "message": {"id": "n", "role": "assistant", "content": [{"type": "text", "text": "It is"}]}}
{"type": "assistant", "sessionId": "s-1", "uuid": "7", "message": {"id": "n", "role": "assistant", "content": [{"type": "text", "text": "kfqe."}]}}
{"type": "file-history-snapshot", "messageId": "1"}
)");

  EXPECT_EQ(report.format, Format::kClaudeCode);
  EXPECT_THAT(
      talk("s-1"),
      ElementsAre(
          "user: Which code?",
          "assistant: I look.",
          "assistant: It is\n\nkfqe."));
  EXPECT_EQ(find_conversation(store, "s-1").title, "Lockers");
  EXPECT_EQ(report.losses.tools, 2);
  EXPECT_EQ(report.losses.branches, 1);
  EXPECT_EQ(report.losses.hidden, 1);
}

TEST_F(ImportFormatsTest, ClaudeCodeReplacesZerosInALaterBlock) {
  const auto report = read(
      R"({"type": "assistant", "sessionId": "s-1", "message": {"id": "n", "role": "assistant", "content": [{"type": "text", "text": "It is"}]}}
{"type": "assistant", "sessionId": "s-1", "message": {"id": "n", "role": "assistant", "content": [{"type": "text", "text": "k\u0000e."}]}}
)");

  EXPECT_THAT(
      talk("s-1"), ElementsAre("assistant: It is\n\nk\xEF\xBF\xBD\x65."));
  EXPECT_EQ(report.losses.replaced_characters, 1);
}

TEST_F(ImportFormatsTest, ShareGptReadsItsRoles) {
  const auto report = read(R"([{"id": "g-1", "conversations": [
      {"from": "system", "value": "Be brief."},
      {"from": "human", "value": "Which code?"},
      {"from": "gpt", "value": "kfqe"}]}])");

  EXPECT_EQ(report.format, Format::kShareGpt);
  EXPECT_THAT(
      talk("g-1"),
      ElementsAre("system: Be brief.", "user: Which code?", "assistant: kfqe"));
}

TEST_F(ImportFormatsTest, OpenAiReadsTextsAndParts) {
  const auto report = read(
      R"({"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Which code?"}, {"type": "image_url", "image_url": {"url": "x"}}]}, {"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]}, {"role": "tool", "content": "kfqe"}]}
{"messages": [{"role": "user", "content": "Another"}]}
)");

  EXPECT_EQ(report.format, Format::kOpenAi);
  EXPECT_EQ(report.new_conversations, 2);
  EXPECT_THAT(talk("1"), ElementsAre("system: Be brief.", "user: Which code?"));
  EXPECT_EQ(report.losses.images, 1);
  EXPECT_EQ(report.losses.tools, 2);
  EXPECT_THAT(
      find_conversation(store, "2").name, ::testing::StartsWith("sha256-"));
}

TEST_F(ImportFormatsTest, LmsysReadsARow) {
  const auto report = read(
      R"({"conversation_id": "l-1", "model": "vicuna", "conversation": [{"content": "Which code?", "role": "user"}, {"content": "kfqe", "role": "assistant"}], "turn": 1, "language": "English", "redacted": false})");

  EXPECT_EQ(report.format, Format::kLmsys);
  EXPECT_THAT(talk("l-1"), ElementsAre("user: Which code?", "assistant: kfqe"));
}

TEST_F(ImportFormatsTest, OurOwnFormatKeepsNumbersAndFacts) {
  const auto report = read(
      R"({"conversation": "a", "seq": 3, "role": "user", "text": "locker 17 is kfqe", "time": "2026-03-01T09:30:00Z", "facts": [{"key": "locker 17", "value": "kfqe"}]}
{"conversation": "b", "seq": 1, "role": "tool", "text": "result", "time": 1772357400}
{"conversation": "a", "seq": 7, "role": "assistant", "text": "noted", "time": null}
)");

  EXPECT_EQ(report.format, Format::kJsonl);
  const auto list = turns(store, 1);
  ASSERT_THAT(list, SizeIs(2));
  EXPECT_EQ(list[0].seq, 3);
  EXPECT_EQ(list[1].seq, 7);
  EXPECT_THAT(talk("b"), ElementsAre("tool: result"));
  EXPECT_EQ(
      store.database().integer(
          "SELECT count(*) FROM fact WHERE value = 'kfqe' AND turn = 1"),
      1);
}

TEST_F(ImportFormatsTest, AnExportComesBackTheSame) {
  read(kChatGpt, /*keep_tools=*/true);
  std::string lines;
  const auto write = [&](std::string_view line) { lines += line; };
  EXPECT_EQ(export_jsonl(store, std::nullopt, write), 3);
  const auto other = folder.path() / "other.db";
  write_file(folder.path() / "lines", lines);

  Store copy(other, Store::Mode::kCreate);
  import_file(copy, folder.path() / "lines", {});

  std::string again;
  export_jsonl(
      copy, std::nullopt, [&](std::string_view line) { again += line; });
  EXPECT_EQ(again, lines);
  EXPECT_THAT(
      lines,
      HasSubstr(
          R"({"conversation":"c-1","seq":1,"role":"user","text":"Which code?","time":"2026-03-01T09:30:00.250Z"})"));
}

TEST_F(ImportFormatsTest, EachFormatIsFoundInItsFile) {
  // The fuzzer begins with these files.
  for (const auto& [file, format] : std::vector<std::pair<const char*, Format>>{
           {"chatgpt.json", Format::kChatGpt},
           {"claude.json", Format::kClaude},
           {"claude_code.jsonl", Format::kClaudeCode},
           {"sharegpt.json", Format::kShareGpt},
           {"openai.jsonl", Format::kOpenAi},
           {"lmsys.jsonl", Format::kLmsys},
           {"turns.jsonl", Format::kJsonl}}) {
    const auto report = import_file(
        store, tests::data_path(concat("conversations/", file)), {});
    EXPECT_EQ(report.format, format) << file;
    EXPECT_GT(report.new_turns, 0) << file;
  }
}

TEST_F(ImportFormatsTest, OneObjectOverSeveralLinesIsAConversation) {
  const auto report = read(R"({
    "messages": [
      {"role": "user", "content": "Which code?"}
    ]
  })");

  EXPECT_EQ(report.new_conversations, 1);
}

TEST_F(ImportFormatsTest, TheFormatCanBeNamed) {
  ImportOptions options;
  options.format = Format::kClaude;

  EXPECT_THAT(
      [&] { import(store, R"([{"messages": []}])", options); },
      ThrowsMessage<InputError>(
          HasSubstr("expected a field \"chat_messages\"")));
}

TEST_F(ImportFormatsTest, BrokenFilesNameLineAndField) {
  expect_refused(
      R"({"conversation": "a", "seq": 1, "role": "user", "text": "one"}
{"conversation": "a", "seq": 2, "role": "user", "text": 5})",
      "input:2: text: expected a text, got 5");
  expect_refused(
      R"({"conversation": "a", "seq": 1, "role": "user", "text": "one"}
{"conversation": "a", "seq": 1, "role": "user", "text": "two"})",
      "input:2: seq: expected a number above 1");
  expect_refused(
      R"({"conversation": "a", "seq": 1, "role": "pilot", "text": "one"})",
      "input:1: role: expected one of the roles user, assistant");
  expect_refused(
      R"({"conversation": "a", "seq": 1, "role": "user", "text": "one", "tiem": 1})",
      "input:1: no field named \"tiem\"");
  expect_refused(
      R"({"conversation": "a", "seq": 1, "role": "user", "text": "one", "time": "noon"})",
      "input:1: time: expected a time");
  expect_refused(
      "[{\"id\": \"a\", \"conversations\": []},\n"
      " {\"conversations\": [{\"from\": \"human\", \"value\": null}]}]",
      "conversation 2 (line 2): conversations[0]: expected a field \"value\", "
      "got null");
}

TEST_F(ImportFormatsTest, FilesThatAreNotConversationsAreRefused) {
  expect_refused("", "the file is empty");
  expect_refused("[]", "no conversation in it");
  expect_refused("[1]", "no known format of conversations, got 1");
  expect_refused("{\"a\": 1}", "no known format");
  expect_refused("dear diary", "not JSON");
  expect_refused(
      R"([{"messages": [{"role": "user", "content": " "}]}])",
      "no conversation with text in it");
}

TEST_F(ImportFormatsTest, ATruncatedListIsRefused) {
  const std::string one =
      R"({"messages": [{"role": "user", "content": "a, ] \" }"}]})";
  for (const std::string& content :
       {"[" + one,
        "[" + one + ",",
        "[" + one + "] more",
        "[" + one + " " + one + "]",
        "[," + one + "]",
        "[" + one + ",]",
        "[" + one.substr(0, 30)}) {
    EXPECT_THROW(read(content), InputError) << content;
  }
  EXPECT_EQ(count(store).turns, 0);
  EXPECT_EQ(read("[" + one + "]").new_turns, 1);
}

TEST_F(ImportFormatsTest, DepthIsLimited) {
  expect_refused(
      "[{\"messages\": " + std::string(100, '[') + std::string(100, ']') + "}]",
      "nests deeper than 64");
}

} // namespace
} // namespace microfiche::memory
