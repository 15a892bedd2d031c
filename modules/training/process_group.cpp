#include "training/process_group.h"

#include "core/error.h"
#include "core/stop_signal.h"

#include <torch/torch.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

// The wheel has Gloo, but not its headers; Debian's stand in for them. They are
// older, hence the trial sum in the constructor.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#ifdef MICROFICHE_WITH_CUDA
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <thread>
#include <utility>

namespace microfiche::training {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBeat{500};
constexpr std::chrono::milliseconds kLook{2};

/// Patience of a process that was asked to stop: torchrun asks those that are
/// left when one has died.
constexpr std::chrono::seconds kPatienceWhenStopping{5};

/// A collective after its roll call waits for data on its way alone.
constexpr std::chrono::minutes kTransferTime{5};

constexpr const char* kLostKey = "lost";

constexpr int64_t kBucketBytes = 25 << 20;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  check(
      value != nullptr && *value != '\0',
      "WORLD_SIZE is set but ",
      name,
      " is not; start the processes with torchrun, or set RANK, WORLD_SIZE, "
      "LOCAL_RANK, MASTER_ADDR and MASTER_PORT for each");
  return value;
}

int64_t
number(const char* name, int64_t low, int64_t high, const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, failure] = std::from_chars(text.data(), end, value);
  check(
      failure == std::errc() && parsed == end && value >= low && value <= high,
      "environment variable ",
      name,
      ": expected a number from ",
      low,
      " to ",
      high,
      ", got '",
      text,
      "'");
  return value;
}

int64_t number(const char* name, int64_t low, int64_t high) {
  return number(name, low, high, variable(name));
}

int64_t number_or(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : number(name, 0, 1 << 20, text);
}

/// What c10d or, by exceptions of its own, Gloo says.
std::string reason(const std::exception& failure) {
  const auto* error = dynamic_cast<const c10::Error*>(&failure);
  return error == nullptr ? failure.what() : error->what_without_backtrace();
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

std::optional<ProcessPlace> process_place_from_environment() {
  if (std::getenv("WORLD_SIZE") == nullptr) {
    return std::nullopt;
  }
  ProcessPlace place;
  place.size = number("WORLD_SIZE", 1, 1 << 20);
  place.rank = number("RANK", 0, place.size - 1);
  place.local_rank = number("LOCAL_RANK", 0, place.size - 1);
  place.store_host = variable("MASTER_ADDR");
  place.store_port = static_cast<uint16_t>(number("MASTER_PORT", 1, 65535));
  const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
  place.has_agent_store = agent != nullptr && std::string(agent) == "True";
  place.restarts = number_or("TORCHELASTIC_RESTART_COUNT", 0);
  return place;
}

/// The store as a place for signs of life and for roll calls.
class ProcessGroup::Board {
 public:
  explicit Board(const ProcessPlace& place)
      : place_(place),
        store_(open_store(place, /*keeps_it=*/true)),
        // A store answers one question at a time, and beats must not wait.
        beats_(open_store(place, /*keeps_it=*/false)) {
    write_beat();
    thread_ = std::thread([this] { keep_beating(); });
  }

  ~Board() {
    stops_ = true;
    thread_.join();
  }

  const c10::intrusive_ptr<c10d::Store>& store() const {
    return store_;
  }

  /// Waits until all have come to this place of the program.
  void call_roll() {
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

  /// A failed collective with the name of the lost, as soon as it is known.
  void explain(const std::exception& failure) {
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

 private:
  struct Sign {
    int64_t beat = -1;
    Clock::time_point seen;
  };

  static std::string beat_key(int64_t rank) {
    return concat("beat/", rank);
  }

  void write_beat() {
    beats_->add(beat_key(place_.rank), 1);
  }

  void keep_beating() {
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

  /// Throws where a process has shown no sign of life since `start` for as long
  /// as patience goes.
  void find_lost(Clock::time_point start) {
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

  std::chrono::seconds patience() const {
    return stop_requested() ? std::min(place_.patience, kPatienceWhenStopping)
                            : place_.patience;
  }

  Error lost_process(const std::string& lost) const {
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

  Error lost_store(const c10::Error& error) const {
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

  const ProcessPlace place_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::Store> beats_;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
  int64_t calls_ = 0;
  std::map<int64_t, Sign> signs_;
  Clock::time_point looked_;
};

/// NCCL or Gloo.
class ProcessGroup::Collectives {
 public:
  Collectives(
      const ProcessPlace& place,
      const torch::Device& device,
      const c10::intrusive_ptr<c10d::Store>& store) {
    const auto tensors =
        c10::make_intrusive<c10d::PrefixStore>("tensors", store);
    const int rank = static_cast<int>(place.rank);
    const int size = static_cast<int>(place.size);
    if (device.is_cuda()) {
#ifdef MICROFICHE_WITH_CUDA
      backend_ =
          c10::make_intrusive<c10d::ProcessGroupNCCL>(tensors, rank, size);
#else
      throw UsageError("this program was built without CUDA");
#endif
      return;
    }
    auto options = c10d::ProcessGroupGloo::Options::create(kTransferTime);
    const bool is_local =
        place.store_host == "127.0.0.1" || place.store_host == "localhost";
    options->devices.push_back(
        is_local ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                 : c10d::ProcessGroupGloo::createDefaultDevice());
    backend_ = c10::make_intrusive<c10d::ProcessGroupGloo>(
        tensors, rank, size, std::move(options));
  }

  void add_up(const torch::Tensor& tensor) {
    std::vector<torch::Tensor> one = {tensor};
    backend_->allreduce(one)->wait();
  }

  void broadcast(const torch::Tensor& tensor, int64_t from) {
    std::vector<torch::Tensor> one = {tensor};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    backend_->broadcast(one, options)->wait();
  }

 private:
  c10::intrusive_ptr<c10d::Backend> backend_;
};

namespace {

/// Calls `use` with tensors of one dtype joined into flat ones, and copies back
/// what became of them.
void in_buckets(
    const std::vector<torch::Tensor>& tensors,
    const std::function<void(const torch::Tensor&)>& use) {
  std::map<torch::Dtype, std::vector<torch::Tensor>> by_dtype;
  for (const auto& tensor : tensors) {
    by_dtype[tensor.scalar_type()].push_back(tensor.detach());
  }
  for (const auto& [dtype, all] : by_dtype) {
    for (size_t begin = 0; begin < all.size();) {
      std::vector<torch::Tensor> flat;
      int64_t bytes = 0;
      size_t end = begin;
      while (end < all.size() && (end == begin || bytes < kBucketBytes)) {
        flat.push_back(all[end].flatten());
        bytes += static_cast<int64_t>(all[end++].nbytes());
      }
      const auto bucket = torch::cat(flat);
      use(bucket);
      int64_t offset = 0;
      for (size_t i = begin; i < end; ++i) {
        auto tensor = all[i];
        tensor.copy_(bucket.narrow(0, offset, tensor.numel()).view_as(tensor));
        offset += tensor.numel();
      }
      begin = end;
    }
  }
}

} // namespace

ProcessGroup::ProcessGroup(
    const ProcessPlace& place,
    const torch::Device& device)
    : place_(place), device_(device) {
  try {
    board_ = std::make_unique<Board>(place);
    board_->call_roll();
    collectives_ =
        std::make_unique<Collectives>(place, device, board_->store());
  } catch (const c10::Error& error) {
    throw Error(
        ExitCode::kFailure,
        concat(
            "rank ",
            place.rank,
            " of ",
            place.size,
            ": could not meet the other processes at ",
            place.store_host,
            ":",
            place.store_port,
            ": ",
            error.what_without_backtrace()));
  }
  const auto trial = torch::full(
      {3},
      static_cast<double>(place.rank + 1),
      torch::TensorOptions(torch::kFloat32).device(device));
  add_up({trial});
  const auto sum = static_cast<float>(place.size * (place.size + 1)) / 2;
  if (!(trial == sum).all().item<bool>()) {
    throw Error(
        ExitCode::kFailure,
        concat(
            "a sum over ",
            place.size,
            " processes came out as ",
            trial[0].item<float>(),
            ", expected ",
            sum));
  }
}

ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::broadcast(
    const std::vector<torch::Tensor>& tensors,
    int64_t from) {
  const torch::NoGradGuard no_grad;
  board_->call_roll();
  try {
    in_buckets(tensors, [&](const torch::Tensor& bucket) {
      collectives_->broadcast(bucket, from);
    });
  } catch (const std::exception& error) {
    board_->explain(error);
  }
}

void ProcessGroup::add_up(const std::vector<torch::Tensor>& tensors) {
  const torch::NoGradGuard no_grad;
  board_->call_roll();
  try {
    in_buckets(tensors, [&](const torch::Tensor& bucket) {
      collectives_->add_up(bucket);
    });
  } catch (const std::exception& error) {
    board_->explain(error);
  }
}

bool ProcessGroup::any(bool mine) {
  const auto count = torch::full(
      {1},
      mine ? 1.0 : 0.0,
      torch::TensorOptions(torch::kFloat32).device(device_));
  add_up({count});
  return count.item<float>() > 0;
}

void ProcessGroup::wait_for_all() {
  board_->call_roll();
}

} // namespace microfiche::training
