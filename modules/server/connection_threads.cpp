#include "server/connection_threads.h"

#include <iterator>
#include <utility>

namespace microfiche::server {

void ConnectionThreads::enqueue(std::function<void()> connection) {
  {
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::move(connection));
    waiting_ = std::ssize(connections_) - idle_;
    if (waiting_ > 0 && std::ssize(threads_) < max_threads_) {
      threads_.emplace_back([this] { run(); });
    }
  }
  changed_.notify_one();
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
    waiting_ = std::ssize(connections_) - idle_;
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
