#include "training/distributed/heartbeat_monitor.h"

#include "core/stop_signal.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>

namespace microfiche::training {
namespace {

constexpr std::chrono::milliseconds kHeartbeatInterval{500};
constexpr std::chrono::milliseconds kPollInterval{2};

/// Timeout after a stop signal: torchrun stops the other processes when one
/// has died.
constexpr std::chrono::seconds kTimeoutWhenStopping{5};

constexpr const char* kLostKey = "lost";

/// The message of c10d or, for exceptions of other types, of Gloo.
std::string reason(const std::exception& failure) {
  const auto* error = dynamic_cast<const c10::Error*>(&failure);
  return error == nullptr ? failure.what() : error->what_without_backtrace();
}

std::string heartbeat_key(int64_t rank) {
  return concat("heartbeat/", rank);
}

c10::intrusive_ptr<c10d::Store> open_store(
    const RankInfo& info,
    bool may_serve) {
  c10d::TCPStoreOptions options;
  options.port = info.store_port;
  options.isServer = may_serve && info.rank == 0 && !info.has_agent_store;
  options.waitWorkers = false;
  options.timeout = std::chrono::minutes(5);
  return c10::make_intrusive<c10d::PrefixStore>(
      concat("microfiche/", info.restarts),
      c10::make_intrusive<c10d::TCPStore>(info.store_host, options));
}

} // namespace

HeartbeatMonitor::HeartbeatMonitor(const RankInfo& info)
    : info_(info),
      store_(open_store(info, /*may_serve=*/true)),
      // A connection handles one request at a time, and heartbeats must not
      // wait for others.
      heartbeat_store_(open_store(info, /*may_serve=*/false)) {
  send_heartbeat();
  thread_ = std::thread([this] { send_heartbeats(); });
}

HeartbeatMonitor::~HeartbeatMonitor() {
  stops_ = true;
  thread_.join();
}

void HeartbeatMonitor::barrier() {
  const auto name = concat("barrier/", num_barriers_++);
  try {
    store_->add(name, 1);
    const auto start = Clock::now();
    while (store_->add(name, 0) < info_.size) {
      check_heartbeats(start);
      std::this_thread::sleep_for(kPollInterval);
    }
    // All processes have left the barrier before this one.
    if (num_barriers_ >= 2 && info_.rank == 0) {
      store_->deleteKey(concat("barrier/", num_barriers_ - 2));
    }
  } catch (const c10::Error& error) {
    throw lost_store(error);
  }
}

void HeartbeatMonitor::explain(const std::exception& failure) {
  const auto start = Clock::now();
  try {
    while (Clock::now() - start < info_.timeout + std::chrono::seconds(1)) {
      check_heartbeats(start);
      std::this_thread::sleep_for(kHeartbeatInterval);
    }
  } catch (const c10::Error& error) {
    throw lost_store(error);
  }
  throw Error(
      ExitCode::kFailure,
      concat(
          "rank ",
          info_.rank,
          ": could not exchange tensors with the other processes: ",
          reason(failure)));
}

void HeartbeatMonitor::send_heartbeat() {
  heartbeat_store_->add(heartbeat_key(info_.rank), 1);
}

void HeartbeatMonitor::send_heartbeats() {
  auto next = Clock::now();
  while (!stops_) {
    if (Clock::now() >= next) {
      try {
        send_heartbeat();
      } catch (const c10::Error&) {
        // The next barrier reports the lost store.
        return;
      }
      next += kHeartbeatInterval;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void HeartbeatMonitor::check_heartbeats(Clock::time_point start) {
  if (Clock::now() - last_check_ < kHeartbeatInterval) {
    return;
  }
  last_check_ = Clock::now();
  if (store_->check({kLostKey})) {
    const auto lost = store_->get(kLostKey);
    throw lost_rank(std::string(lost.begin(), lost.end()));
  }
  for (int64_t rank = 0; rank < info_.size; ++rank) {
    const int64_t count = store_->add(heartbeat_key(rank), 0);
    auto& heartbeat = heartbeats_[rank];
    if (count != heartbeat.count || heartbeat.seen < start) {
      heartbeat = {count, Clock::now()};
    }
    if (Clock::now() - heartbeat.seen > timeout()) {
      const auto lost = std::to_string(rank);
      store_->set(kLostKey, std::vector<uint8_t>(lost.begin(), lost.end()));
      // Rank 0 serves the store: it gives the others time to read the key.
      std::this_thread::sleep_for(
          info_.rank == 0 ? 4 * kHeartbeatInterval : kPollInterval);
      throw lost_rank(lost);
    }
  }
}

std::chrono::seconds HeartbeatMonitor::timeout() const {
  return stop_requested() ? std::min(info_.timeout, kTimeoutWhenStopping)
                          : info_.timeout;
}

Error HeartbeatMonitor::lost_rank(const std::string& rank) const {
  return Error(
      ExitCode::kFailure,
      concat(
          "rank ",
          info_.rank,
          ": rank ",
          rank,
          " of ",
          info_.size,
          " has sent no heartbeat for ",
          timeout().count(),
          " s; its process was killed or its machine is down. Restart all "
          "processes to resume from the last checkpoint"));
}

Error HeartbeatMonitor::lost_store(const c10::Error& error) const {
  return Error(
      ExitCode::kFailure,
      concat(
          "rank ",
          info_.rank,
          ": lost the store at ",
          info_.store_host,
          ":",
          info_.store_port,
          info_.has_agent_store ? ", which torchrun runs: "
                                : ", which rank 0 runs: ",
          error.what_without_backtrace()));
}

} // namespace microfiche::training
