#include "server/batch_worker.h"

#include "core/terminal.h"
#include "generation/read.h"
#include "model/prompt.h"
#include "reading/together.h"

#include <torch/torch.h>

#include <utility>

namespace microfiche::server {
namespace {

std::string name_of(generation::StopReason stop) {
  return Json(stop).get<std::string>();
}

/// Counts and times that only the batch knows.
void add_result(
    AnswerSummary& summary,
    const generation::GenerationResult& result) {
  summary.prefill_seconds = result.prefill_seconds;
  summary.decode_seconds = result.decode_seconds;
  summary.steps = result.steps;
  summary.drafted = result.drafted;
  summary.accepted = result.accepted;
}

} // namespace

BatchWorker::BatchWorker(
    model::LoadedModel& loaded,
    const ServerConfig& limits,
    ServerMetrics& metrics)
    : loaded_(loaded),
      limits_(limits),
      queue_(limits, metrics),
      running_(metrics),
      thread_([this] { run(); }) {}

BatchWorker::~BatchWorker() {
  stop();
}

void BatchWorker::stop() {
  queue_.close();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void BatchWorker::run() {
  using generation::GenerationResult;
  generation::GenerationCallbacks callbacks;
  callbacks.next = [this] { return next(); };
  callbacks.on_id = [this](int64_t number, int64_t id) {
    running_.add_id(number, id);
  };
  callbacks.on_result = [this](int64_t number, const GenerationResult& result) {
    add_result(running_.summary(number), result);
    running_.finish(number, name_of(result.stop));
  };
  callbacks.on_failure = [this](int64_t number, const Error& error) {
    running_.fail(number, error);
  };
  callbacks.cancelled = [this](int64_t number) {
    return running_.is_cancelled(number);
  };
  callbacks.on_cancelled = [this](
                               int64_t number, const GenerationResult& result) {
    add_result(running_.summary(number), result);
    running_.end_early(number);
  };
  while (true) {
    try {
      generation::generate(
          loaded_.model->decoder,
          callbacks,
          {},
          loaded_.config.language.eos_token_id,
          limits_.batch);
    } catch (const std::exception& error) {
      // Out of memory, say. The rows are lost, the server is not.
      warn(concat("the batch failed: ", error.what()));
      running_.fail_all(error);
    }
    if (queue_.closed()) {
      return;
    }
  }
}

std::optional<generation::GenerationRequest> BatchWorker::next() {
  while (auto job = queue_.take(/*wait=*/running_.empty())) {
    try {
      auto request = make_request(*job);
      request.page = running_.next_number();
      running_.add(std::move(job));
      queue_.confirm();
      return request;
    } catch (const std::exception& error) {
      job->reply.fail(as_api_error(error));
    }
  }
  return std::nullopt;
}

/// Encodes the pages and embeds the prompt.
generation::GenerationRequest BatchWorker::make_request(Job& job) {
  const auto start = Clock::now();
  job.summary.queue_seconds = seconds_between(job.arrival, start);
  model::VisionTokens tokens;
  tokens.sequence = torch::empty(
      {0, loaded_.config.language.hidden_size},
      loaded_.model->tensor_options());
  if (!job.pages.empty()) {
    std::vector<model::VisionTokens> pages;
    // One by one, as the pages of `read --batch`.
    for (const auto& page : job.pages) {
      // Encoding takes seconds at the published sizes.
      if (job.reply.ended()) {
        throw ApiError(499, "the client is gone");
      }
      if (Clock::now() > job.deadline) {
        throw waited_too_long();
      }
      pages.push_back(loaded_.model->encode({&page, 1}, job.mode).front());
    }
    tokens = reading::join_pages(pages);
    job.pages.clear();
    job.memory.give_back(std::exchange(job.page_bytes, 0));
  }
  auto request =
      generation::make_generation_requests(loaded_, {&tokens, 1}, job.prompt)
          .front();
  request.config = job.config;
  request.draft = job.draft;
  job.summary.nominal_tokens = tokens.counts.nominal;
  job.summary.valid_tokens = tokens.counts.valid;
  job.summary.positions = tokens.counts.positions;
  job.summary.prompt_ids = std::ssize(request.ids);
  job.summary.encode_seconds = seconds_between(start, Clock::now());
  return request;
}

} // namespace microfiche::server
