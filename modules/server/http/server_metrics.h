#pragma once

#include "server/http/reply.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace microfiche::server {

/// What /metrics reports. Thread-safe.
class ServerMetrics {
 public:
  /// A request for a route, such as "/v1/chat/completions", was answered.
  void count_request(const std::string& route, int status);

  /// An answer ended as a client wanted it.
  void count_answer(const AnswerSummary& summary, double seconds);

  /// Rows of the batch that clients or limits ended early.
  std::atomic<int64_t> cancelled_rows = 0;

  std::atomic<int64_t> running_rows = 0;
  std::atomic<int64_t> waiting_requests = 0;
  std::atomic<int64_t> open_connections = 0;

  /// In the text format of Prometheus 0.0.4.
  std::string text() const;

 private:
  /// Upper ends of the buckets, in seconds.
  static constexpr std::array kBuckets =
      {0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0};

  struct Histogram {
    std::array<int64_t, kBuckets.size()> counts{};
    int64_t count = 0;
    double sum = 0;

    void add(double value);
    std::string text(const std::string& name, const std::string& help) const;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, int64_t> requests_;
  int64_t prompt_ids_ = 0;
  int64_t answer_ids_ = 0;
  int64_t vision_tokens_ = 0;
  int64_t drafted_ids_ = 0;
  int64_t accepted_ids_ = 0;
  Histogram first_token_;
  Histogram duration_;
};

} // namespace microfiche::server
