#pragma once

#include "server/http/job.h"
#include "server/http/server_metrics.h"

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <string>

namespace microfiche::server {

/// The requests in the rows of the batch, by number. Only for the thread of the
/// batch; their replies carry text to the threads of the connections.
class RunningJobs {
 public:
  explicit RunningJobs(ServerMetrics& metrics) : metrics_(metrics) {}

  bool empty() const {
    return jobs_.empty();
  }

  /// The number of the next request that is added.
  int64_t next_number() const {
    return num_started_;
  }
  void add(std::shared_ptr<Job> job);

  /// What is known of the request's answer.
  AnswerSummary& summary(int64_t number) {
    return jobs_.at(number)->summary;
  }

  /// The request has a new id.
  void add_id(int64_t number, int64_t id);

  /// Whether to free the row of a request: it has its stop string, its client
  /// is gone or too slow, or it has no time left.
  bool is_cancelled(int64_t number);

  // Each ends a request and forgets it.

  /// `stop` is why the text ended, unless by a stop string.
  void finish(int64_t number, const std::string& stop);

  /// For a request that `is_cancelled`.
  void end_early(int64_t number);
  void fail(int64_t number, const std::exception& error);
  void fail_all(const std::exception& error);

 private:
  std::shared_ptr<Job> release(int64_t number);

  ServerMetrics& metrics_;
  std::map<int64_t, std::shared_ptr<Job>> jobs_;
  int64_t num_started_ = 0;
};

} // namespace microfiche::server
