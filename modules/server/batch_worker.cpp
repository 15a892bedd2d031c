#include "server/batch_worker.h"

#include "core/terminal.h"
#include "model/prompt.h"
#include "reading/together.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

namespace microfiche::server {
namespace {

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

ApiError too_late() {
  return {504, "the request waited too long", "", "time_limit"};
}

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

void Job::add_page(page::PageViews page) {
  auto bytes = std::ssize(page.global_view.rgb);
  for (const auto& tile : page.tiles) {
    bytes += std::ssize(tile.rgb);
  }
  memory.add(bytes);
  page_bytes += bytes;
  pages.push_back(std::move(page));
}

BatchWorker::BatchWorker(
    model::LoadedModel& loaded,
    const ServerConfig& limits,
    ServerMetrics& metrics)
    : loaded_(loaded),
      limits_(limits),
      metrics_(metrics),
      thread_([this] { run(); }) {}

BatchWorker::~BatchWorker() {
  stop();
}

void BatchWorker::check_queue() {
  const std::lock_guard lock(mutex_);
  check_queue_locked();
}

void BatchWorker::check_queue_locked() {
  if (stopping_) {
    throw ApiError(503, "the server is stopping", "", "stopping");
  }
  drop_ended();
  // A request may wait although a row is free, until the next step.
  const int64_t free =
      limits_.batch - metrics_.running_rows - (encoding_ ? 1 : 0);
  if (std::ssize(queue_) >= limits_.queue + std::max<int64_t>(free, 0)) {
    throw ApiError(
        429,
        concat(
            limits_.queue,
            " requests are waiting; try again later, or start the server "
            "with a larger --queue"),
        "",
        "queue_full");
  }
}

void BatchWorker::submit(std::shared_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    check_queue_locked();
    queue_.push_back(std::move(job));
    metrics_.waiting_requests = std::ssize(queue_);
  }
  changed_.notify_all();
}

void BatchWorker::stop() {
  std::deque<std::shared_ptr<Job>> refused;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    refused.swap(queue_);
    metrics_.waiting_requests = 0;
  }
  changed_.notify_all();
  for (const auto& job : refused) {
    job->reply.fail(ApiError(503, "the server is stopping", "", "stopping"));
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void BatchWorker::run() {
  generation::GenerationCallbacks callbacks;
  callbacks.next = [this] { return next(); };
  callbacks.on_id = [this](int64_t number, int64_t id) {
    add_id(*running_.at(number), id);
  };
  callbacks.on_result =
      [this](int64_t number, const generation::GenerationResult& result) {
        finish(number, result);
      };
  callbacks.on_failure = [this](int64_t number, const Error& error) {
    fail(number, error);
  };
  callbacks.cancelled = [this](int64_t number) { return is_cancelled(number); };
  callbacks.on_cancelled =
      [this](int64_t number, const generation::GenerationResult& result) {
        end_early(number, result);
      };
  for (bool stopped = false; !stopped;) {
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
      while (!running_.empty()) {
        fail(running_.begin()->first, error);
      }
    }
    const std::lock_guard lock(mutex_);
    stopped = stopping_;
  }
}

/// Removes requests whose client is gone or whose time is over.
/// The caller holds the lock.
void BatchWorker::drop_ended() {
  const auto now = Clock::now();
  std::erase_if(queue_, [&](const std::shared_ptr<Job>& job) {
    if (now > job->deadline) {
      job->reply.fail(too_late());
    }
    return job->reply.ended();
  });
  metrics_.waiting_requests = std::ssize(queue_);
}

/// The next request of the queue. Waits for one while the batch is empty;
/// returns none if it is not, and at the end.
std::shared_ptr<Job> BatchWorker::take() {
  std::unique_lock lock(mutex_);
  encoding_ = false;
  drop_ended();
  while (running_.empty() && queue_.empty() && !stopping_) {
    changed_.wait(lock);
    drop_ended();
  }
  if (queue_.empty()) {
    return nullptr;
  }
  encoding_ = true;
  auto job = std::move(queue_.front());
  queue_.pop_front();
  metrics_.waiting_requests = std::ssize(queue_);
  return job;
}

std::optional<generation::GenerationRequest> BatchWorker::next() {
  while (auto job = take()) {
    try {
      auto request = make_request(*job);
      request.page = num_started_++;
      running_[request.page] = std::move(job);
      metrics_.running_rows = std::ssize(running_);
      const std::lock_guard lock(mutex_);
      encoding_ = false;
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
        throw too_late();
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

void BatchWorker::add_id(Job& job, int64_t id) {
  // A draft may give more ids in the same step.
  if (job.stop.stopped()) {
    return;
  }
  if (job.summary.answer_ids++ == 0) {
    job.summary.first_token_seconds =
        seconds_between(job.arrival, Clock::now());
  }
  if (job.skip_special_tokens && loaded_.tokenizer().is_special(id)) {
    return;
  }
  const auto text = job.stop.push(job.stream.push(id));
  if (!text.empty()) {
    job.reply.push(text);
  }
}

void BatchWorker::finish(
    int64_t number,
    const generation::GenerationResult& result) {
  const auto job = release(number);
  const auto rest = job->stop.push(job->stream.finish()) + job->stop.finish();
  if (!rest.empty()) {
    job->reply.push(rest);
  }
  job->summary.stop =
      job->stop.stopped() ? "stop_string" : name_of(result.stop);
  add_result(job->summary, result);
  job->reply.finish(job->summary);
}

void BatchWorker::fail(int64_t number, const std::exception& error) {
  release(number)->reply.fail(as_api_error(error));
}

/// Whether to free the row of a request: it has its stop string, its client is
/// gone or too slow, or it has no time left.
bool BatchWorker::is_cancelled(int64_t number) {
  const auto& job = running_.at(number);
  if (Clock::now() > job->deadline) {
    job->reply.fail(ApiError(
        504,
        concat("the answer took longer than ", limits_.request_seconds, " s"),
        "",
        "time_limit"));
  }
  return job->stop.stopped() || job->reply.ended();
}

void BatchWorker::end_early(
    int64_t number,
    const generation::GenerationResult& result) {
  const auto job = release(number);
  job->summary.stop = "stop_string";
  add_result(job->summary, result);
  job->reply.finish(job->summary);
  if (job->reply.error()) {
    ++metrics_.cancelled_rows;
  }
}

std::shared_ptr<Job> BatchWorker::release(int64_t number) {
  auto job = std::move(running_.extract(number).mapped());
  metrics_.running_rows = std::ssize(running_);
  return job;
}

} // namespace microfiche::server
