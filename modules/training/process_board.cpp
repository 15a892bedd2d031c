#include "training/process_board.h"

#include "core/stop_signal.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>

namespace microfiche::training {
namespace {

constexpr std::chrono::milliseconds kBeat{500};
constexpr std::chrono::milliseconds kLook{2};

/// Patience of a process that was asked to stop: torchrun asks those that are
/// left when one has died.
constexpr std::chrono::seconds kPatienceWhenStopping{5};

constexpr const char* kLostKey = "lost";

/// What c10d or, by exceptions of its own, Gloo says.
std::string reason(const std::exception& failure) {
  const auto* error = dynamic_cast<const c10::Error*>(&failure);
  return error == nullptr ? failure.what() : error->what_without_backtrace();
}

std::string beat_key(int64_t rank) {
  return concat("beat/", rank);
}

c10::intrusive_ptr<c10d::Store> open_store(
    const ProcessPlace& place,
    bool keeps_it) {
  c10d::TCPStoreOptions options;
  options.port = place.store_port;
  options.isServer = keeps_it && place.rank == 0 && !place.has_agent_store;
  options.waitWorkers = false;
  options.timeout = std::chrono::minutes(5);
  return c10::make_intrusive<c10d::PrefixStore>(
      concat("microfiche/", place.restarts),
      c10::make_intrusive<c10d::TCPStore>(place.store_host, options));
}

} // namespace

ProcessBoard::ProcessBoard(const ProcessPlace& place)
    : place_(place),
      store_(open_store(place, /*keeps_it=*/true)),
      // A store answers one question at a time, and beats must not wait.
      beats_(open_store(place, /*keeps_it=*/false)) {
  write_beat();
  thread_ = std::thread([this] { keep_beating(); });
}

ProcessBoard::~ProcessBoard() {
  stops_ = true;
  thread_.join();
}

void ProcessBoard::call_roll() {
  const auto name = concat("roll/", calls_++);
  try {
    store_->add(name, 1);
    const auto start = Clock::now();
    while (store_->add(name, 0) < place_.size) {
      find_lost(start);
      std::this_thread::sleep_for(kLook);
    }
    // All have passed the call before this one.
    if (calls_ >= 2 && place_.rank == 0) {
      store_->deleteKey(concat("roll/", calls_ - 2));
    }
  } catch (const c10::Error& error) {
    throw lost_store(error);
  }
}

void ProcessBoard::explain(const std::exception& failure) {
  const auto start = Clock::now();
  try {
    while (Clock::now() - start < place_.patience + std::chrono::seconds(1)) {
      find_lost(start);
      std::this_thread::sleep_for(kBeat);
    }
  } catch (const c10::Error& error) {
    throw lost_store(error);
  }
  throw Error(
      ExitCode::kFailure,
      concat(
          "rank ",
          place_.rank,
          ": could not exchange tensors with the other processes: ",
          reason(failure)));
}

void ProcessBoard::write_beat() {
  beats_->add(beat_key(place_.rank), 1);
}

void ProcessBoard::keep_beating() {
  auto next = Clock::now();
  while (!stops_) {
    if (Clock::now() >= next) {
      try {
        write_beat();
      } catch (const c10::Error&) {
        // Without the store the next roll call says so.
        return;
      }
      next += kBeat;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void ProcessBoard::find_lost(Clock::time_point start) {
  if (Clock::now() - looked_ < kBeat) {
    return;
  }
  looked_ = Clock::now();
  if (store_->check({kLostKey})) {
    const auto lost = store_->get(kLostKey);
    throw lost_process(std::string(lost.begin(), lost.end()));
  }
  for (int64_t rank = 0; rank < place_.size; ++rank) {
    const int64_t beat = store_->add(beat_key(rank), 0);
    auto& sign = signs_[rank];
    if (beat != sign.beat || sign.seen < start) {
      sign = {beat, Clock::now()};
    }
    if (Clock::now() - sign.seen > patience()) {
      const auto lost = std::to_string(rank);
      store_->set(kLostKey, std::vector<uint8_t>(lost.begin(), lost.end()));
      // Whoever keeps the store leaves the others time to read it.
      std::this_thread::sleep_for(place_.rank == 0 ? 4 * kBeat : kLook);
      throw lost_process(lost);
    }
  }
}

std::chrono::seconds ProcessBoard::patience() const {
  return stop_requested() ? std::min(place_.patience, kPatienceWhenStopping)
                          : place_.patience;
}

Error ProcessBoard::lost_process(const std::string& lost) const {
  return Error(
      ExitCode::kFailure,
      concat(
          "rank ",
          place_.rank,
          ": rank ",
          lost,
          " of ",
          place_.size,
          " has shown no sign of life for ",
          patience().count(),
          " s; it was killed, or its machine is gone. Start all of them "
          "again: the run goes on from its last checkpoint"));
}

Error ProcessBoard::lost_store(const c10::Error& error) const {
  return Error(
      ExitCode::kFailure,
      concat(
          "rank ",
          place_.rank,
          ": the store at ",
          place_.store_host,
          ":",
          place_.store_port,
          place_.has_agent_store ? ", which torchrun keeps, is gone: "
                                 : ", which rank 0 keeps, is gone: ",
          error.what_without_backtrace()));
}

} // namespace microfiche::training
