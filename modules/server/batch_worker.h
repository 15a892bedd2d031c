#pragma once

#include "generation/generate.h"
#include "model/loaded_model.h"
#include "server/http/job_queue.h"
#include "server/http/running_jobs.h"
#include "server/http/server_config.h"
#include "server/http/server_metrics.h"

#include <optional>
#include <thread>

namespace microfiche::server {

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

  /// Where connections put requests.
  JobQueue& queue() {
    return queue_;
  }

  /// Refuses new requests, fails those in the queue, and waits until the batch
  /// has finished the others.
  void stop();

 private:
  void run();
  std::optional<generation::GenerationRequest> next();
  generation::GenerationRequest make_request(Job& job);

  model::LoadedModel& loaded_;
  const ServerConfig limits_;
  JobQueue queue_;

  // Only for the thread.
  RunningJobs running_;

  std::thread thread_;
};

} // namespace microfiche::server
