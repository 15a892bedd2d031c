#pragma once

// Only for the sources of the server: it shows cpp-httplib's types.

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace microfiche::server {

/// Serves each connection in a thread. Starts threads when they are needed, at
/// most `max_threads`; more connections wait.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  /// `waiting` is kept at the number of connections for which there is no
  /// thread and cannot be another one; at most 0 without such.
  ConnectionThreads(int64_t max_threads, std::atomic<int64_t>& waiting)
      : max_threads_(max_threads), waiting_(waiting) {}

  // As `Connection`: a newer version returns bool.
  void enqueue(std::function<void()> connection) override;

  void shutdown() override;

 private:
  void run();
  void count_waiting();

  const int64_t max_threads_;
  std::atomic<int64_t>& waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> connections_;
  std::vector<std::thread> threads_;
  int64_t idle_ = 0;
  bool stopping_ = false;
};

} // namespace microfiche::server
