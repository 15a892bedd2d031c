// The server without a model: real HTTP, queue, hand-over to the batch and
// output buffers, and a reader that repeats the prompt. Without LibTorch, so
// that the thread sanitizer sees every thread. See check_threads.
//
//     fake_server TOKENIZER_JSON
//
// A prompt with "broken" fails after its first ids. One with "late" has 50 ms.

#include "core/error.h"
#include "core/stop_signal.h"
#include "server/http/chat_request.h"
#include "server/http/http_server.h"
#include "server/http/job_queue.h"
#include "server/http/run_server.h"
#include "server/http/running_jobs.h"
#include "server/http/send_answer.h"
#include "server/http/work_slots.h"

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace microfiche::server {
namespace {

using namespace std::chrono_literals;

/// Small limits, so that a short test reaches them.
ServerConfig small_limits() {
  ServerConfig config;
  config.port = 0;
  config.batch = 4;
  config.queue = 8;
  config.connections = 40;
  config.max_buffer_bytes = 16 << 10;
  config.header_seconds = 1;
  config.body_seconds = 1;
  config.idle_seconds = 1;
  config.request_seconds = 60;
  return config;
}

/// Takes requests as the batch of a model does, and repeats their prompts.
class FakeReader {
 public:
  FakeReader(const ServerConfig& config, ServerMetrics& metrics)
      : batch_(config.batch), queue_(config, metrics), running_(metrics) {}

  ~FakeReader() {
    stop();
  }

  JobQueue& queue() {
    return queue_;
  }

  void stop() {
    queue_.close();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  /// A draft gives several ids in a step.
  static constexpr int64_t kIdsPerStep = 8;

  struct Row {
    std::vector<int64_t> prompt;
    int64_t length = 0;
    int64_t most = 0;
    bool broken = false;
  };

  void run() {
    while (!queue_.closed() || !rows_.empty()) {
      fill();
      step();
      // The time of a decoder call.
      std::this_thread::sleep_for(200us);
    }
  }

  void fill() {
    while (std::ssize(rows_) < batch_) {
      auto job = queue_.take(/*wait=*/running_.empty());
      if (!job) {
        return;
      }
      Row row;
      row.prompt = job->tokenizer.encode(job->prompt + " ");
      row.most = job->config.max_new_tokens;
      row.broken = job->prompt.find("broken") != std::string::npos;
      job->summary.prompt_ids = std::ssize(row.prompt);
      rows_[running_.next_number()] = std::move(row);
      running_.add(std::move(job));
      queue_.confirm();
    }
  }

  void step() {
    for (auto i = rows_.begin(); i != rows_.end();) {
      i = advance(i->first, i->second) ? std::next(i) : rows_.erase(i);
    }
  }

  /// Whether the row continues.
  bool advance(int64_t number, Row& row) {
    if (running_.is_cancelled(number)) {
      running_.end_early(number);
      return false;
    }
    for (int64_t i = 0; i < kIdsPerStep && row.length < row.most; ++i) {
      running_.add_id(number, row.prompt[row.length++ % row.prompt.size()]);
    }
    if (row.broken) {
      running_.fail(number, Error(ExitCode::kFailure, "the row is broken"));
      return false;
    }
    if (row.length == row.most) {
      running_.finish(number, "length");
      return false;
    }
    return true;
  }

  const int64_t batch_;
  JobQueue queue_;
  RunningJobs running_;
  std::map<int64_t, Row> rows_;
  std::thread thread_{[this] { run(); }};
};

class FakeService {
 public:
  explicit FakeService(const std::string& tokenizer)
      : tokenizer_(tokenizer::Tokenizer::load(tokenizer)) {
    add_common_routes(http_, "fake", metrics_);
    http_.post(
        "/v1/chat/completions",
        "application/json",
        config_.max_body_bytes,
        [this](const auto& request, auto& response) {
          answer(request, response);
        });
  }

  void run() {
    run_until_stopped(
        http_, config_, "fake", metrics_, [this] { reader_.stop(); });
  }

 private:
  void answer(const httplib::Request& http, httplib::Response& response) {
    reader_.queue().check();
    const auto request = parse_chat_request(http.body, config_);
    const auto job = make_job(request);
    reader_.queue().push(job);
    send_answer(
        job,
        make_head("fake", ""),
        {request.stream, request.include_usage},
        metrics_,
        response);
  }

  std::shared_ptr<Job> make_job(const ChatRequest& request) {
    const WorkSlots::Slot slot(slots_);
    std::optional<size_t> max_buffer;
    if (request.stream) {
      max_buffer = config_.max_buffer_bytes;
    }
    auto job =
        std::make_shared<Job>(tokenizer_, request.stop, max_buffer, memory_);
    job->config = generation_config(request, {});
    job->prompt = request.prompt;
    job->memory.add(std::ssize(request.prompt));
    const bool late = request.prompt.find("late") != std::string::npos;
    job->deadline = job->arrival + (late ? 50ms : 60s);
    return job;
  }

  const ServerConfig config_ = small_limits();
  const tokenizer::Tokenizer tokenizer_;
  ServerMetrics metrics_;
  WorkSlots slots_{4};
  MemoryBudget memory_{1 << 20};
  FakeReader reader_{config_, metrics_};
  HttpServer http_{config_, metrics_};
};

} // namespace
} // namespace microfiche::server

int main(int argc, char** argv) {
  using namespace microfiche;
  if (argc != 2) {
    std::fprintf(stderr, "usage: fake_server TOKENIZER_JSON\n");
    return static_cast<int>(ExitCode::kUsage);
  }
  install_stop_signals();
  server::FakeService(argv[1]).run();
  try {
    throw_if_stop_requested();
  } catch (const Interrupted& signal) {
    return static_cast<int>(signal.exit_code());
  }
  return 0;
}
