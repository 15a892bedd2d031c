#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace microfiche::data {

/// Makes numbered items ahead of their use, on several threads, and hands them
/// out in order.
///
/// Item i is the result of `make(i)` on any thread, so the number of workers
/// changes only the time. `next` rethrows an exception of the `make` of its
/// item. The destructor stops the workers after the items in progress.
template <typename T>
class Prefetcher {
 public:
  using Make = std::function<T(int64_t)>;

  /// Begins with item `first`. Each thread calls `new_worker` once for its own
  /// `make`, which may have state that is not shared. At most
  /// `ahead` items are finished or in progress before their use.
  Prefetcher(
      std::function<Make()> new_worker,
      int64_t num_workers,
      int64_t ahead,
      int64_t first = 0)
      : new_worker_(std::move(new_worker)),
        ahead_(ahead),
        next_to_make_(first),
        next_to_give_(first) {
    for (int64_t i = 0; i < num_workers; ++i) {
      workers_.emplace_back([this] { work(); });
    }
  }

  ~Prefetcher() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& worker : workers_) {
      worker.join();
    }
  }

  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Waits for the next item in order.
  T next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_.contains(next_to_give_); });
    auto item = std::move(done_.extract(next_to_give_).mapped());
    ++next_to_give_;
    lock.unlock();
    changed_.notify_all();
    if (const auto* failure = std::get_if<std::exception_ptr>(&item)) {
      std::rethrow_exception(*failure);
    }
    return std::move(std::get<T>(item));
  }

  /// Whether `next` would not wait.
  bool ready() {
    std::lock_guard lock(mutex_);
    return done_.contains(next_to_give_);
  }

 private:
  using Result = std::variant<T, std::exception_ptr>;

  /// The number of the next item to make, or nothing when it is time to stop.
  std::optional<int64_t> claim() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return stopping_ || next_to_make_ - next_to_give_ < ahead_;
    });
    if (stopping_) {
      return std::nullopt;
    }
    return next_to_make_++;
  }

  void work() {
    Make make;
    while (const auto index = claim()) {
      std::optional<Result> result;
      try {
        if (!make) {
          make = new_worker_();
        }
        result.emplace(make(*index));
      } catch (...) {
        result.emplace(std::current_exception());
      }
      {
        std::lock_guard lock(mutex_);
        done_.emplace(*index, std::move(*result));
      }
      changed_.notify_all();
    }
  }

  const std::function<Make()> new_worker_;
  const int64_t ahead_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Result> done_;
  int64_t next_to_make_;
  int64_t next_to_give_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

} // namespace microfiche::data
