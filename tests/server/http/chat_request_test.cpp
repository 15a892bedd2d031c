#include "server/http/chat_request.h"

#include "server/http/api_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace microfiche::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::ThrowsMessage;

/// A body with one user message, whose content is JSON, and more fields.
std::string body_of(const std::string& content, const std::string& more = "") {
  return R"({"model": "any", "messages": [{"role": "user", "content": )" +
      content + "}]" + more + "}";
}

ChatRequest parse(const std::string& body) {
  return parse_chat_request(body, {});
}

/// The error of a body that is refused.
ApiError refused(const std::string& body) {
  try {
    parse(body);
  } catch (const std::exception& error) {
    return as_api_error(error);
  }
  ADD_FAILURE() << "was accepted: " << body;
  return {0, ""};
}

// "image", in base64.
const std::string kImage =
    R"({"type": "image_url", "image_url": {"url": "data:image/png;base64,aW1hZ2U="}})";

std::string text_part(const std::string& text) {
  return R"({"type": "text", "text": ")" + text + "\"}";
}

TEST(ChatRequestTest, PutsTheImageBeforeTheText) {
  // The order of llama.cpp's example for DeepSeek-OCR: the text comes first.
  const auto request =
      parse(body_of("[" + text_part("OCR") + "," + kImage + "]"));

  EXPECT_THAT(request.images, ElementsAre("image"));
  EXPECT_EQ(request.prompt, "<image>\nOCR");
}

TEST(ChatRequestTest, AnImageWithoutTextGetsTheDefaultPrompt) {
  EXPECT_EQ(parse(body_of("[" + kImage + "]")).prompt, "");
  EXPECT_EQ(
      parse(body_of("[" + kImage + "," + text_part(" ") + "]")).prompt, "");
}

TEST(ChatRequestTest, KeepsThePlaceThatTheTextGivesTheImage) {
  const auto request =
      parse(body_of("[" + kImage + "," + text_part("Read: <image>") + "]"));

  EXPECT_EQ(request.prompt, "Read: <image>");
}

TEST(ChatRequestTest, DefaultsToGreedyWithoutStreaming) {
  const auto request = parse(body_of("\"hello\""));

  EXPECT_EQ(request.temperature, 0);
  EXPECT_FALSE(request.stream);
  EXPECT_EQ(request.prompt, "hello");
}

TEST(ChatRequestTest, TheLargestFieldsOfVllmsExampleAreUnderstood) {
  const auto request = parse(body_of(
      "[" + kImage + "," + text_part("Free OCR.") + "]",
      R"(, "max_tokens": 2048, "temperature": 0.0, "skip_special_tokens": false,
         "vllm_xargs": {"ngram_size": 30, "window_size": 90,
                        "whitelist_token_ids": [128821, 128822]})"));
  const auto config = generation_config(request, {});

  EXPECT_EQ(config.max_new_tokens, 2048);
  EXPECT_EQ(config.ngram, 30);
  EXPECT_EQ(config.ngram_window, 90);
  EXPECT_THAT(config.ngram_whitelist, ElementsAre(128821, 128822));
}

TEST(ChatRequestTest, RefusesUnsupportedFieldsByName) {
  for (const auto& [field, value] :
       {std::pair<std::string, std::string>{"n", "2"},
        {"tools", R"([{"type": "function"}])"},
        {"logprobs", "true"},
        {"response_format", R"({"type": "json_object"})"},
        {"temprature", "1"}}) {
    const auto error =
        refused(body_of("\"hello\"", ", \"" + field + "\": " + value));

    EXPECT_EQ(error.status, 400);
    EXPECT_EQ(error.param, field);
    EXPECT_THAT(error.what(), HasSubstr(field));
  }
}

TEST(ChatRequestTest, AcceptsTheirNeutralValues) {
  EXPECT_NO_THROW(parse(body_of(
      "\"hello\"",
      R"(, "n": 1, "tools": [], "logprobs": false, "presence_penalty": 0.0,
         "response_format": {"type": "text"}, "stop": null, "user": "me")")));
}

TEST(ChatRequestTest, LoadsNoImageFromAnotherAddress) {
  for (const std::string address :
       {"https://example.org/page.png", "file:///etc/passwd", "/etc/passwd"}) {
    const auto error = refused(body_of(
        R"([{"type": "image_url", "image_url": {"url": ")" + address +
        "\"}}]"));

    EXPECT_EQ(error.status, 400);
    EXPECT_EQ(error.param, "messages[0].content[0].image_url.url");
  }
}

TEST(ChatRequestTest, RefusesWrongValuesByPlace) {
  EXPECT_EQ(refused(body_of("3")).param, "messages[0].content");
  EXPECT_EQ(refused(R"({"messages": []})").param, "messages");
  EXPECT_EQ(refused("[]").status, 400);
  EXPECT_EQ(refused("{").status, 400);
  EXPECT_EQ(
      refused(body_of("\"a\"", ", \"temperature\": 2.5")).param, "temperature");
  EXPECT_EQ(
      refused(body_of("\"a\"", ", \"max_tokens\": 0")).param, "max_tokens");
  EXPECT_EQ(refused(body_of("\"a\"", ", \"stop\": [\"\"]")).param, "stop");
  EXPECT_EQ(
      refused(body_of("\"a\"", ", \"microfiche\": {\"mod\": \"x\"}")).param,
      "microfiche.mod");
  EXPECT_EQ(refused(body_of("\"<image>\"")).param, "messages");
  EXPECT_EQ(
      refused(R"({"messages": [{"role": "tool", "content": "a"}]})").param,
      "messages[0].role");
}

TEST(ChatRequestTest, LimitsTheNumberOfImages) {
  ServerConfig limits;
  limits.max_images = 1;

  EXPECT_THROW(
      parse_chat_request(body_of("[" + kImage + "," + kImage + "]"), limits),
      ApiError);
}

TEST(ChatRequestTest, LimitsTheText) {
  ServerConfig limits;
  limits.max_prompt_bytes = 4;

  EXPECT_NO_THROW(parse_chat_request(body_of("\"four\""), limits));
  EXPECT_THROW(parse_chat_request(body_of("\"fifth\""), limits), ApiError);
}

TEST(ChatRequestTest, ADraftIsATextOrSeveral) {
  const auto draft = [](const std::string& value) {
    return parse(
               body_of("\"a\"", ", \"microfiche\": {\"draft\": " + value + "}"))
        .draft;
  };

  EXPECT_EQ(draft("null"), std::nullopt);
  EXPECT_THAT(draft("\"one\""), Optional(ElementsAre("one")));
  EXPECT_THAT(draft(R"(["one", ""])"), Optional(ElementsAre("one", "")));
  EXPECT_THAT(draft("[]"), Optional(ElementsAre()));
  for (const auto* wrong : {"3", "[3]", "{}", "true", "[[\"one\"]]"}) {
    EXPECT_EQ(
        refused(
            body_of(
                "\"a\"", concat(", \"microfiche\": {\"draft\": ", wrong, "}")))
            .param,
        "microfiche.draft");
  }
}

TEST(ChatRequestTest, LimitsTheDraft) {
  ServerConfig limits;
  limits.max_draft_bytes = 6;
  const auto parse_draft = [&](const std::string& texts) {
    return parse_chat_request(
        body_of("\"a\"", ", \"microfiche\": {\"draft\": " + texts + "}"),
        limits);
  };

  EXPECT_NO_THROW(parse_draft(R"(["abc", "def"])"));
  EXPECT_THAT(
      [&] { parse_draft(R"(["abc", "defg"])"); },
      ThrowsMessage<ApiError>(HasSubstr("has 7 bytes, at most 6")));
}

TEST(ChatRequestTest, TopPHasNoEffectWithoutSampling) {
  const auto greedy =
      generation_config(parse(body_of("\"a\"", ", \"top_p\": 0.5")), {});
  const auto sampled = generation_config(
      parse(body_of("\"a\"", ", \"top_p\": 0.5, \"temperature\": 1")), {});

  EXPECT_EQ(greedy.top_p, 1);
  EXPECT_EQ(sampled.top_p, 0.5);
}

} // namespace
} // namespace microfiche::server
