#include "server/http/job_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace microfiche::server {
namespace {

ApiError is_stopping() {
  return {503, "the server is stopping", "", "stopping"};
}

} // namespace

ApiError waited_too_long() {
  return {504, "the request waited too long", "", "time_limit"};
}

void JobQueue::check() {
  const std::lock_guard lock(mutex_);
  check_locked();
}

/// The caller holds the lock.
void JobQueue::check_locked() {
  if (closed_) {
    throw is_stopping();
  }
  drop_ended();
  // A request may wait although a row is free, until the next step.
  const int64_t free =
      limits_.batch - metrics_.running_rows - (encoding_ ? 1 : 0);
  if (std::ssize(jobs_) >= limits_.queue + std::max<int64_t>(free, 0)) {
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

void JobQueue::push(std::shared_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    check_locked();
    jobs_.push_back(std::move(job));
    metrics_.waiting_requests = std::ssize(jobs_);
  }
  changed_.notify_all();
}

void JobQueue::close() {
  std::deque<std::shared_ptr<Job>> refused;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    refused.swap(jobs_);
    metrics_.waiting_requests = 0;
  }
  changed_.notify_all();
  for (const auto& job : refused) {
    job->reply.fail(is_stopping());
  }
}

/// Removes requests whose client is gone or whose time is over.
/// The caller holds the lock.
void JobQueue::drop_ended() {
  const auto now = Clock::now();
  std::erase_if(jobs_, [&](const std::shared_ptr<Job>& job) {
    if (now > job->deadline) {
      job->reply.fail(waited_too_long());
    }
    return job->reply.ended();
  });
  metrics_.waiting_requests = std::ssize(jobs_);
}

std::shared_ptr<Job> JobQueue::take(bool wait) {
  std::unique_lock lock(mutex_);
  encoding_ = false;
  drop_ended();
  while (wait && jobs_.empty() && !closed_) {
    changed_.wait(lock);
    drop_ended();
  }
  if (jobs_.empty()) {
    return nullptr;
  }
  encoding_ = true;
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  metrics_.waiting_requests = std::ssize(jobs_);
  return job;
}

void JobQueue::confirm() {
  const std::lock_guard lock(mutex_);
  encoding_ = false;
}

bool JobQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

} // namespace microfiche::server
