#pragma once

#include "core/error.h"
#include "training/distributed/rank_info.h"

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <string>
#include <thread>

namespace microfiche::training {

/// Sends the heartbeat of this process and watches those of the others, so that
/// a wait for a lost process ends with an error that names it; see Note
/// [Distributed training].
class HeartbeatMonitor {
 public:
  explicit HeartbeatMonitor(const RankInfo& info);
  ~HeartbeatMonitor();

  const c10::intrusive_ptr<c10d::Store>& store() const {
    return store_;
  }

  /// Waits until all processes call it. Throws `Error` naming the rank that is
  /// lost, or the store.
  void barrier();

  /// Throws the reason why a collective failed: the lost rank as soon as it is
  /// known, or else `failure` itself.
  [[noreturn]] void explain(const std::exception& failure);

 private:
  using Clock = std::chrono::steady_clock;

  struct Heartbeat {
    int64_t count = -1;
    Clock::time_point seen;
  };

  void send_heartbeat();
  void send_heartbeats();

  /// Throws if a process has sent no heartbeat since `start` for `timeout()`.
  void check_heartbeats(Clock::time_point start);
  std::chrono::seconds timeout() const;

  Error lost_rank(const std::string& rank) const;
  Error lost_store(const c10::Error& error) const;

  const RankInfo info_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::Store> heartbeat_store_;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
  int64_t num_barriers_ = 0;
  std::map<int64_t, Heartbeat> heartbeats_;
  Clock::time_point last_check_;
};

} // namespace microfiche::training
