#pragma once

#include "core/error.h"
#include "training/process_place.h"

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <string>
#include <thread>

namespace microfiche::training {

/// The store of several processes as a place for signs of life and for roll
/// calls, see Note [Several processes].
class ProcessBoard {
 public:
  explicit ProcessBoard(const ProcessPlace& place);
  ~ProcessBoard();

  const c10::intrusive_ptr<c10d::Store>& store() const {
    return store_;
  }

  /// Waits until all have come to this place of the program. Throws `Error`
  /// naming the process that is lost, or the store.
  void call_roll();

  /// Throws what made a collective fail: the process that is lost, as soon as
  /// that is known, or `failure` itself.
  [[noreturn]] void explain(const std::exception& failure);

 private:
  using Clock = std::chrono::steady_clock;

  struct Sign {
    int64_t beat = -1;
    Clock::time_point seen;
  };

  void write_beat();
  void keep_beating();

  /// Throws where a process has shown no sign of life since `start` for as long
  /// as patience goes.
  void find_lost(Clock::time_point start);
  std::chrono::seconds patience() const;

  Error lost_process(const std::string& lost) const;
  Error lost_store(const c10::Error& error) const;

  const ProcessPlace place_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::Store> beats_;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
  int64_t calls_ = 0;
  std::map<int64_t, Sign> signs_;
  Clock::time_point looked_;
};

} // namespace microfiche::training
