#include "server/http/chat_answer.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <random>

namespace microfiche::server {
namespace {

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string event(const Json& json) {
  return concat("data: ", dump(json), "\n\n");
}

/// OpenAI's word. A text that repeats itself was cut, as one that is too long.
const char* finish_reason(const AnswerSummary& summary) {
  return summary.stop == "length" || summary.stop == "loop" ? "length" : "stop";
}

Json usage_json(const AnswerSummary& summary) {
  return {
      {"prompt_tokens", summary.prompt_ids},
      {"completion_tokens", summary.answer_ids},
      {"total_tokens", summary.prompt_ids + summary.answer_ids},
      {"prompt_tokens_details",
       {{"cached_tokens", 0}, {"image_tokens", summary.positions}}}};
}

Json own_json(const AnswerHead& head, const AnswerSummary& summary) {
  Json json = {
      {"mode", head.mode},
      {"stop", summary.stop},
      {"vision_tokens",
       {{"nominal", summary.nominal_tokens},
        {"valid", summary.valid_tokens},
        {"positions", summary.positions}}},
      {"seconds",
       {{"queue", summary.queue_seconds},
        {"encode", summary.encode_seconds},
        {"prefill", summary.prefill_seconds},
        {"decode", summary.decode_seconds},
        {"first_token", summary.first_token_seconds}}},
      {"warnings", head.warnings}};
  if (summary.has_draft) {
    json["draft"] = {
        {"steps", summary.steps},
        {"drafted", summary.drafted},
        {"accepted", summary.accepted}};
  }
  return json;
}

Json head_json(const AnswerHead& head, const char* object) {
  return {
      {"id", head.id},
      {"object", object},
      {"created", head.created},
      {"model", head.model}};
}

Json chunk_json(
    const AnswerHead& head,
    const Json& delta,
    const Json& reason,
    bool include_usage) {
  Json json = head_json(head, "chat.completion.chunk");
  json["choices"] = Json::array(
      {{{"index", 0},
        {"delta", delta},
        {"logprobs", nullptr},
        {"finish_reason", reason}}});
  if (include_usage) {
    json["usage"] = nullptr;
  }
  return json;
}

} // namespace

AnswerHead make_head(const std::string& model, const std::string& mode) {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  std::array<char, 17> digits{};
  std::snprintf(
      digits.data(),
      digits.size(),
      "%016llx",
      static_cast<unsigned long long>(random()));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  AnswerHead head;
  head.id = concat("chatcmpl-", digits.data());
  head.created = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  head.model = model;
  head.mode = mode;
  return head;
}

Json completion_json(
    const AnswerHead& head,
    const std::string& text,
    const AnswerSummary& summary) {
  Json json = head_json(head, "chat.completion");
  json["choices"] = Json::array(
      {{{"index", 0},
        {"message",
         {{"role", "assistant"}, {"content", text}, {"refusal", nullptr}}},
        {"logprobs", nullptr},
        {"finish_reason", finish_reason(summary)}}});
  json["usage"] = usage_json(summary);
  json["microfiche"] = own_json(head, summary);
  return json;
}

std::string first_event(const AnswerHead& head, bool include_usage) {
  return event(chunk_json(
      head, {{"role", "assistant"}, {"content", ""}}, nullptr, include_usage));
}

std::string text_event(
    const AnswerHead& head,
    const std::string& text,
    bool include_usage) {
  return event(chunk_json(head, {{"content", text}}, nullptr, include_usage));
}

std::string last_events(
    const AnswerHead& head,
    const AnswerSummary& summary,
    bool include_usage) {
  Json last =
      chunk_json(head, Json::object(), finish_reason(summary), include_usage);
  last["microfiche"] = own_json(head, summary);
  std::string events = event(last);
  if (include_usage) {
    Json usage = head_json(head, "chat.completion.chunk");
    usage["choices"] = Json::array();
    usage["usage"] = usage_json(summary);
    events += event(usage);
  }
  return events + "data: [DONE]\n\n";
}

std::string error_event(const ApiError& error) {
  return event(error_json(error));
}

} // namespace microfiche::server
