#pragma once

#include <chrono>
#include <ctime>

namespace microfiche::memory {

/// How long something took. Processor time counts all threads of the process
/// and does not grow when other programs run.
struct MeasuredTime {
  double seconds = 0;
  double processor_seconds = 0;

  MeasuredTime& operator+=(const MeasuredTime& other) {
    seconds += other.seconds;
    processor_seconds += other.processor_seconds;
    return *this;
  }
};

/// The time of a call.
template <typename Call>
MeasuredTime measure_time(const Call& call) {
  const auto processor = std::clock();
  const auto begin = std::chrono::steady_clock::now();
  call();
  return {
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count(),
      static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC};
}

} // namespace microfiche::memory
