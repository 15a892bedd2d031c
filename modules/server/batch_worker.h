#pragma once

#include "generation/config/generation_config.h"
#include "generation/generate.h"
#include "generation/read.h"
#include "model/loaded_model.h"
#include "page/page_views.h"
#include "page/resolution_mode.h"
#include "server/memory_budget.h"
#include "server/reply.h"
#include "server/server_config.h"
#include "server/server_metrics.h"
#include "server/stop_filter.h"
#include "tokenizer/text_stream.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace microfiche::server {

using Clock = std::chrono::steady_clock;

/// A request on its way through the batch.
struct Job {
  Job(const tokenizer::Tokenizer& tokenizer,
      std::vector<std::string> stops,
      size_t max_buffer,
      MemoryBudget& budget)
      : memory(budget),
        stop(std::move(stops)),
        stream(tokenizer),
        reply(max_buffer) {}

  /// Adds a page. Throws as `MemoryBudget::Share::add`.
  void add_page(page::PageViews page);

  /// Of the pages and the draft.
  MemoryBudget::Share memory;
  int64_t page_bytes = 0;
  std::vector<page::PageViews> pages;
  page::ResolutionMode mode;

  /// With one `<image>` if there are pages.
  std::string prompt;
  generation::GenerationConfig config;
  bool skip_special_tokens = false;

  /// Null without one.
  std::shared_ptr<const generation::Draft> draft;

  Clock::time_point arrival = Clock::now();
  Clock::time_point deadline = Clock::time_point::max();

  // Only for the batch.
  StopFilter stop;
  tokenizer::TextStream stream;
  AnswerSummary summary;

  Reply reply;
};

/// Encodes and reads requests with continuous batching, in a thread of its own:
/// a new request takes a free row of the batch that is running.
class BatchWorker {
 public:
  /// The model must not be used elsewhere while this object exists.
  BatchWorker(
      model::LoadedModel& loaded,
      const ServerConfig& limits,
      ServerMetrics& metrics);

  /// As `stop`.
  ~BatchWorker();

  /// Forgets waiting requests that have ended. Throws `ApiError`: status 429 if
  /// the queue is full, 503 after `stop`. For before the work of decoding
  /// pages.
  void check_queue();

  /// Queues a request. Throws as `check_queue`.
  void submit(std::shared_ptr<Job> job);

  /// Refuses new requests, fails those in the queue, and waits until the batch
  /// has finished the others.
  void stop();

 private:
  void run();
  void check_queue_locked();
  std::shared_ptr<Job> take();
  void drop_ended();
  std::optional<generation::GenerationRequest> next();
  generation::GenerationRequest make_request(Job& job);
  void add_id(Job& job, int64_t id);
  void finish(int64_t number, const generation::GenerationResult& result);
  void fail(int64_t number, const std::exception& error);
  bool is_cancelled(int64_t number);
  void end_early(int64_t number, const generation::GenerationResult& result);
  std::shared_ptr<Job> release(int64_t number);

  model::LoadedModel& loaded_;
  const ServerConfig limits_;
  ServerMetrics& metrics_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> queue_;
  /// Whether a request has left the queue and is not in the batch yet.
  bool encoding_ = false;
  bool stopping_ = false;

  /// Requests in the batch, by number. Only for the thread.
  std::map<int64_t, std::shared_ptr<Job>> running_;
  int64_t num_started_ = 0;

  std::thread thread_;
};

} // namespace microfiche::server
