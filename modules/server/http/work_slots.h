#pragma once

#include <chrono>
#include <cstddef>
#include <semaphore>

namespace microfiche::server {

/// Lets only a few threads at a time do work that takes much memory or time.
class WorkSlots {
 public:
  /// A thread waits at most `longest_wait` for a slot.
  explicit WorkSlots(
      std::ptrdiff_t count,
      std::chrono::milliseconds longest_wait = std::chrono::seconds(10))
      : slots_(count), longest_wait_(longest_wait) {}

  /// One of the slots, until the end of the scope.
  class Slot {
   public:
    /// Throws `ApiError` with status 503 if none becomes free in time.
    explicit Slot(WorkSlots& slots);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    WorkSlots& slots_;
  };

 private:
  std::counting_semaphore<> slots_;
  const std::chrono::milliseconds longest_wait_;
};

} // namespace microfiche::server
