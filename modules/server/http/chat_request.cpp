#include "server/http/chat_request.h"

#include "core/json.h"
#include "core/utf8.h"
#include "server/http/api_error.h"
#include "server/http/data_uri.h"
#include "server/http/request_fields.h"

#include <algorithm>
#include <utility>

namespace microfiche::server {
namespace {

/// As `model::kImageToken`; this file does not need LibTorch.
constexpr std::string_view kImageMark = "<image>";

/// Values in a body; images are one string each.
constexpr size_t kMaxValues = 20'000;

constexpr size_t kMaxStops = 16;
constexpr size_t kMaxDrafts = 16;
constexpr int64_t kMaxIds = int64_t{1} << 24;

const std::vector<std::string> kRoles = {
    "system",
    "developer",
    "user",
    "assistant"};

void read_image(
    const Json& part,
    const std::string& path,
    ChatRequest& request,
    const ServerConfig& limits) {
  RequestFields fields(part, path);
  fields.ignore({"type", "uuid"});
  const Json* image = fields.find("image_url");
  fields.finish();
  std::string field = fields.path_of("image_url");
  std::string uri;
  if (image && image->is_object()) {
    RequestFields inner(*image, field);
    inner.ignore({"detail"});
    field = inner.path_of("url");
    uri = inner.text("url").value_or("");
    inner.finish();
  } else if (image && image->is_string()) {
    uri = image->get<std::string>();
  } else {
    fields.refuse("image_url", "an object with a url");
  }
  if (std::ssize(request.images) == limits.max_images) {
    throw ApiError(
        400,
        concat(field, ": more than ", limits.max_images, " images"),
        field);
  }
  request.images.push_back(read_data_uri(uri, field));
}

void read_content(
    const Json& content,
    const std::string& path,
    ChatRequest& request,
    const ServerConfig& limits) {
  if (content.is_string()) {
    request.prompt += content.get<std::string>();
    return;
  }
  if (!content.is_array()) {
    throw ApiError(
        400,
        concat(
            path,
            ": expected a string or a list of parts, got ",
            json_excerpt(content)),
        path);
  }
  for (size_t i = 0; i < content.size(); ++i) {
    const std::string part_path = concat(path, "[", i, "]");
    RequestFields part(content[i], part_path);
    const auto type = part.text("type").value_or("");
    if (type == "text") {
      request.prompt += part.text("text").value_or("");
      part.finish();
    } else if (type == "image_url") {
      read_image(content[i], part_path, request, limits);
    } else {
      part.refuse("type", "\"text\" or \"image_url\"");
    }
  }
}

void read_messages(
    RequestFields& fields,
    ChatRequest& request,
    const ServerConfig& limits) {
  const Json* messages = fields.find("messages");
  if (!messages || !messages->is_array() || messages->empty()) {
    fields.refuse("messages", "a list of messages");
  }
  for (size_t i = 0; i < messages->size(); ++i) {
    const std::string path = concat("messages[", i, "]");
    RequestFields message((*messages)[i], path);
    const auto role = message.text("role").value_or("");
    if (std::ranges::find(kRoles, role) == kRoles.end()) {
      message.refuse("role", "system, user or assistant");
    }
    message.ignore({"name"});
    message.only("tool_calls", {Json::array()});
    message.only("refusal", {});
    message.only("audio", {});
    const Json* content = message.find("content");
    message.finish();
    if (content) {
      read_content(*content, message.path_of("content"), request, limits);
    } else if (role != "assistant") {
      message.refuse("content", "a string or a list of parts");
    }
  }
}

/// Puts `<image>` into the prompt.
void place_images(ChatRequest& request, const ServerConfig& limits) {
  if (std::ssize(request.prompt) > limits.max_prompt_bytes) {
    throw ApiError(
        400,
        concat(
            "messages: the text has ",
            request.prompt.size(),
            " bytes, at most ",
            limits.max_prompt_bytes,
            " are allowed"),
        "messages");
  }
  const bool has_text = !strip(request.prompt).empty();
  const bool has_mark = request.prompt.find(kImageMark) != std::string::npos;
  if (request.images.empty()) {
    if (has_mark) {
      throw ApiError(
          400,
          "messages: the text has <image>, but there is no image_url part",
          "messages");
    }
    if (!has_text) {
      throw ApiError(
          400, "messages: there is neither an image nor a text", "messages");
    }
  } else if (!has_text) {
    request.prompt.clear();
  } else if (!has_mark) {
    request.prompt = concat(kImageMark, "\n", request.prompt);
  }
}

std::optional<std::vector<int64_t>> read_ids(
    RequestFields& fields,
    const std::string& name) {
  const Json* ids = fields.find(name);
  if (!ids) {
    return std::nullopt;
  }
  const bool valid =
      ids->is_array() && std::ranges::all_of(*ids, [](const Json& id) {
        return id.is_number_unsigned() &&
            id.get<uint64_t>() < uint64_t{kMaxIds};
      });
  if (!valid) {
    fields.refuse(name, "a list of token ids");
  }
  return ids->get<std::vector<int64_t>>();
}

/// A text or a list of texts.
void read_draft(
    RequestFields& fields,
    ChatRequest& request,
    const ServerConfig& limits) {
  const Json* draft = fields.find("draft");
  if (!draft) {
    return;
  }
  const Json list = draft->is_string() ? Json::array({*draft}) : *draft;
  if (!list.is_array() || list.size() > kMaxDrafts ||
      !std::ranges::all_of(list, &Json::is_string)) {
    fields.refuse("draft", concat("a string, or up to ", kMaxDrafts));
  }
  request.draft = list.get<std::vector<std::string>>();
  int64_t size = 0;
  for (const auto& text : *request.draft) {
    size += std::ssize(text);
  }
  if (size > limits.max_draft_bytes) {
    throw ApiError(
        400,
        concat(
            "microfiche.draft: has ",
            size,
            " bytes, at most ",
            limits.max_draft_bytes,
            " are allowed"),
        "microfiche.draft");
  }
}

/// Our own fields, under "microfiche".
void read_own_fields(
    const Json& json,
    ChatRequest& request,
    const ServerConfig& limits) {
  RequestFields fields(json, "microfiche");
  request.mode = fields.text("mode").value_or("");
  request.ngram = fields.whole("ngram", 0, kMaxIds);
  request.ngram_window = fields.whole("ngram_window", 0, kMaxIds);
  request.ngram_whitelist = read_ids(fields, "ngram_whitelist");
  request.loop_repeats = fields.whole("loop_repeats", 0, kMaxIds);
  read_draft(fields, request, limits);
  fields.finish();
}

/// The n-gram rule as vLLM's clients state it for DeepSeek-OCR.
void read_vllm_arguments(const Json& json, ChatRequest& request) {
  RequestFields fields(json, "vllm_xargs");
  request.ngram = fields.whole("ngram_size", 0, kMaxIds);
  request.ngram_window = fields.whole("window_size", 0, kMaxIds);
  request.ngram_whitelist = read_ids(fields, "whitelist_token_ids");
  fields.finish();
}

void read_stops(RequestFields& fields, ChatRequest& request) {
  const Json* stop = fields.find("stop");
  if (!stop) {
    return;
  }
  const Json list = stop->is_string() ? Json::array({*stop}) : *stop;
  const bool valid = list.is_array() && list.size() <= kMaxStops &&
      std::ranges::all_of(list, [](const Json& text) {
                       return text.is_string() &&
                           !text.get_ref<const std::string&>().empty() &&
                           text.get_ref<const std::string&>().size() <= 1000;
                     });
  if (!valid) {
    fields.refuse("stop", concat("up to ", kMaxStops, " strings"));
  }
  request.stop = list.get<std::vector<std::string>>();
}

/// Fields with one supported value, and those without an effect.
void check_neutral_fields(RequestFields& fields) {
  fields.only("n", {1});
  fields.only("best_of", {1});
  fields.only("tools", {Json::array()});
  fields.only("tool_choice", {"none"});
  fields.only("functions", {Json::array()});
  fields.only("function_call", {"none"});
  fields.only("logprobs", {false});
  fields.only("top_logprobs", {0});
  fields.only("logit_bias", {Json::object()});
  fields.only("presence_penalty", {0});
  fields.only("frequency_penalty", {0});
  fields.only("repetition_penalty", {1});
  fields.only("repeat_penalty", {1});
  fields.only("min_p", {0});
  fields.only("echo", {false});
  fields.only("audio", {});
  fields.only("prediction", {});
  fields.only("modalities", {Json::array({"text"})});
  fields.only("response_format", {Json({{"type", "text"}})});
  fields.ignore(
      {"user",
       "metadata",
       "store",
       "service_tier",
       "safety_identifier",
       "prompt_cache_key",
       "parallel_tool_calls",
       "cache_prompt",
       "id_slot"});
}

} // namespace

ChatRequest parse_chat_request(
    std::string_view body,
    const ServerConfig& limits) {
  const Json json = parse_json(body, "the body", kMaxValues);
  RequestFields fields(json, "");
  ChatRequest request;
  // One model is served, whatever a client calls it.
  fields.text("model");
  if (const Json* own = fields.find("microfiche")) {
    read_own_fields(*own, request, limits);
  }
  if (const Json* arguments = fields.find("vllm_xargs")) {
    read_vllm_arguments(*arguments, request);
  }
  request.stream = fields.boolean("stream").value_or(false);
  if (const Json* options = fields.find("stream_options")) {
    RequestFields inner(*options, "stream_options");
    request.include_usage = inner.boolean("include_usage").value_or(false);
    inner.ignore({"include_obfuscation", "continuous_usage_stats"});
    inner.finish();
  }
  request.temperature = fields.number("temperature", 0, 2).value_or(0);
  request.top_p = fields.number("top_p", 1e-9, 1).value_or(1);
  request.top_k = std::max<int64_t>(0, fields.whole("top_k", -1).value_or(0));
  request.seed =
      static_cast<uint64_t>(fields.whole("seed", INT64_MIN).value_or(0));
  request.max_tokens = fields.whole("max_tokens", 1);
  if (const auto most = fields.whole("max_completion_tokens", 1)) {
    request.max_tokens = most;
  }
  request.skip_special_tokens =
      fields.boolean("skip_special_tokens").value_or(false);
  read_stops(fields, request);
  check_neutral_fields(fields);
  // Last, because it takes the longest.
  fields.find("messages");
  fields.finish();
  read_messages(fields, request, limits);
  place_images(request, limits);
  return request;
}

generation::GenerationConfig generation_config(
    const ChatRequest& request,
    generation::GenerationConfig defaults) {
  auto config = std::move(defaults);
  config.max_new_tokens = request.max_tokens.value_or(config.max_new_tokens);
  config.temperature = request.temperature;
  // Without sampling they have no effect, and clients send them all the same.
  config.top_p = request.temperature > 0 ? request.top_p : 1;
  config.top_k = request.temperature > 0 ? request.top_k : 0;
  config.seed = request.seed;
  config.loop_repeats = request.loop_repeats.value_or(config.loop_repeats);
  if (request.ngram) {
    config.ngram = *request.ngram;
    if (config.ngram == 0) {
      config.ngram_window = 0;
    }
  }
  config.ngram_window = request.ngram_window.value_or(config.ngram_window);
  if (config.ngram_window == 0) {
    config.ngram_whitelist.clear();
  }
  config.ngram_whitelist =
      request.ngram_whitelist.value_or(config.ngram_whitelist);
  generation::validate(config, "microfiche");
  return config;
}

} // namespace microfiche::server
