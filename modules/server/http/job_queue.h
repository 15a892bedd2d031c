#pragma once

#include "server/http/job.h"
#include "server/http/server_config.h"
#include "server/http/server_metrics.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

namespace microfiche::server {

/// Requests that wait for a row of the batch. Connections push, the thread of
/// the batch takes.
class JobQueue {
 public:
  JobQueue(const ServerConfig& limits, ServerMetrics& metrics)
      : limits_(limits), metrics_(metrics) {}

  // For connections.

  /// Forgets waiting requests that have ended. Throws `ApiError`: status 429 if
  /// the queue is full, 503 after `close`. For before the work of decoding
  /// pages.
  void check();

  /// Queues a request. Throws as `check`.
  void push(std::shared_ptr<Job> job);

  /// Refuses new and waiting requests, with status 503.
  void close();

  // For the batch.

  /// The next request, or null if there is none. With `wait`, waits for one,
  /// and returns null only after `close`.
  std::shared_ptr<Job> take(bool wait);

  /// The request that was taken last is in the batch.
  void confirm();

  bool closed() const;

 private:
  void check_locked();
  void drop_ended();

  const ServerConfig limits_;
  ServerMetrics& metrics_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> jobs_;
  /// Whether a request was taken and is not in the batch yet.
  bool encoding_ = false;
  bool closed_ = false;
};

/// The error of a request whose time is over before it has a row.
ApiError waited_too_long();

} // namespace microfiche::server
