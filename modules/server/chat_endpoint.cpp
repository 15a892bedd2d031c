#include "server/chat_endpoint.h"

#include "generation/decode_step.h"
#include "generation/draft.h"
#include "generation/model_defaults.h"
#include "generation/read.h"
#include "model/model_family.h"
#include "model/prompt.h"
#include "model/trained_on.h"
#include "page/page_views.h"
#include "page/vision_token_order.h"
#include "server/http/api_error.h"
#include "server/http/send_answer.h"

#include <utility>

namespace microfiche::server {

ChatEndpoint::ChatEndpoint(
    const model::LoadedModel& loaded,
    std::string model_name,
    const ServerConfig& config,
    JobQueue& queue,
    PageLoader& loader,
    MemoryBudget& memory,
    ServerMetrics& metrics)
    : loaded_(loaded),
      model_name_(std::move(model_name)),
      config_(config),
      queue_(queue),
      loader_(loader),
      memory_(memory),
      metrics_(metrics),
      no_draft_reason_(generation::DecodeStep(loaded.model->decoder)
                           .unsupported_draft_reason()) {}

page::ResolutionMode ChatEndpoint::find_mode(const std::string& name) const {
  try {
    return loaded_.find_mode(name.empty() ? config_.mode : name);
  } catch (const UsageError& error) {
    throw ApiError(400, error.what(), "microfiche.mode");
  }
}

/// Decodes the images; see Note [Pages together] for several.
void ChatEndpoint::add_pages(
    const ChatRequest& request,
    Job& job,
    AnswerHead& head) {
  for (size_t i = 0; i < request.images.size(); ++i) {
    auto page = loader_.load_views(
        request.images[i], concat("messages: image_url ", i + 1), job.mode);
    for (auto& warning : page.warnings) {
      head.warnings.push_back(std::move(warning));
    }
    job.add_page(std::move(page.views));
  }
  for (auto& warning : model::training_warnings(loaded_.config, job.mode)) {
    head.warnings.push_back(std::move(warning));
  }
  const auto& together = loaded_.config.family().together_prompt;
  if (request.images.size() > 1 && together.empty()) {
    head.warnings.push_back(
        "the model was trained on one image per prompt, got several");
  }
  if (job.prompt.empty()) {
    job.prompt = request.images.size() > 1 && !together.empty()
        ? together
        : loaded_.config.toolkit.default_prompt;
  }
}

void ChatEndpoint::add_draft(
    const ChatRequest& request,
    Job& job,
    AnswerHead& head) {
  if (!request.draft) {
    return;
  }
  job.summary.has_draft = true;
  if (no_draft_reason_) {
    head.warnings.push_back(
        concat("microfiche.draft has no effect: ", *no_draft_reason_));
    return;
  }
  int64_t bytes = 0;
  for (const auto& text : *request.draft) {
    bytes += std::ssize(text);
  }
  job.memory.add(bytes * generation::DraftIndex::kMaxBytesPerId);
  job.draft = generation::make_draft(loaded_.tokenizer(), *request.draft);
}

/// Before anything is encoded, which can take long.
void ChatEndpoint::check_room(const Job& job) const {
  int64_t positions = 0;
  for (const auto& page : job.pages) {
    positions += page::count_vision_tokens(
                     job.mode,
                     page.grid,
                     page.page_width_px,
                     page.page_height_px,
                     loaded_.config.pixels_per_token())
                     .positions;
  }
  const auto prompt = model::assemble_prompt(
      loaded_.tokenizer(),
      job.prompt,
      positions,
      loaded_.config.language.bos_token_id);
  const int64_t most = loaded_.config.language.max_position_embeddings;
  if (std::ssize(prompt.ids) >= most) {
    throw ApiError(
        400,
        concat(
            "messages: text and images take ",
            prompt.ids.size(),
            " positions, which leaves no room for an answer in the model's ",
            most,
            "; send fewer images, a smaller microfiche.mode, or less text"),
        "messages",
        "context_length_exceeded");
  }
}

std::shared_ptr<Job> ChatEndpoint::make_job(
    const ChatRequest& request,
    AnswerHead& head) {
  std::optional<size_t> max_buffer;
  if (request.stream) {
    max_buffer = config_.max_buffer_bytes;
  }
  auto job = std::make_shared<Job>(
      loaded_.tokenizer(), request.stop, max_buffer, memory_);
  job->deadline = job->arrival +
      std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(config_.request_seconds));
  job->mode = find_mode(request.mode);
  head.mode = job->mode.name;
  const auto& family = loaded_.config.family();
  const bool together =
      request.images.size() > 1 && !family.together_prompt.empty();
  job->config = generation::for_model(
      generation_config(request, generation::family_defaults(family, together)),
      loaded_);
  job->skip_special_tokens = request.skip_special_tokens;
  job->prompt = request.prompt;
  if (!request.images.empty()) {
    add_pages(request, *job, head);
  }
  check_room(*job);
  add_draft(request, *job, head);
  return job;
}

void ChatEndpoint::answer(
    const httplib::Request& http_request,
    httplib::Response& response) {
  queue_.check();
  auto head = make_head(model_name_, "");
  AnswerForm form;
  std::shared_ptr<Job> job;
  {
    // Images are large, and an answer may take minutes.
    const auto request = parse_chat_request(http_request.body, config_);
    job = make_job(request, head);
    form = {request.stream, request.include_usage};
  }
  queue_.push(job);
  send_answer(std::move(job), head, form, metrics_, response);
}

} // namespace microfiche::server
