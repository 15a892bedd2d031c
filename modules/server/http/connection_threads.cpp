#include "server/http/connection_threads.h"

#include <iterator>
#include <utility>

namespace microfiche::server {

void ConnectionThreads::enqueue(std::function<void()> connection) {
  {
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::move(connection));
    if (std::ssize(connections_) > idle_ &&
        std::ssize(threads_) < max_threads_) {
      threads_.emplace_back([this] { run(); });
    }
    count_waiting();
  }
  changed_.notify_one();
}

/// The caller holds the lock.
void ConnectionThreads::count_waiting() {
  // As long as there may be more threads, one is on its way.
  const bool all_started = std::ssize(threads_) == max_threads_;
  waiting_ = all_started ? std::ssize(connections_) - idle_ : 0;
}

void ConnectionThreads::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !connections_.empty(); });
    --idle_;
    if (connections_.empty()) {
      return;
    }
    const auto connection = std::move(connections_.front());
    connections_.pop_front();
    count_waiting();
    lock.unlock();
    connection();
    lock.lock();
  }
}

void ConnectionThreads::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    thread.join();
  }
}

} // namespace microfiche::server
