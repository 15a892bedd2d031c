#include "training/process_group.h"

#include "core/error.h"
#include "training/process_board.h"

#include <torch/torch.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

// The wheel has Gloo, but not its headers; Debian's stand in for them. They are
// older, hence the trial sum in the constructor.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#ifdef MICROFICHE_WITH_CUDA
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <utility>

namespace microfiche::training {

namespace {

/// All are there when they begin to connect, so what does not come soon does
/// not come. Gloo tries five times.
constexpr std::chrono::seconds kMeetingTime{5};

/// A collective after its roll call waits for data on its way alone.
constexpr std::chrono::minutes kTransferTime{5};

constexpr int64_t kBucketBytes = 25 << 20;

/// The network that Gloo takes: the one that is named as for PyTorch's Python,
/// or that through which the store is reached. The machine's own name, which
/// Gloo would take, often stands for its loopback alone.
std::shared_ptr<gloo::transport::Device> gloo_device(
    const ProcessPlace& place) {
  const char* name = std::getenv("GLOO_SOCKET_IFNAME");
  return name != nullptr && *name != '\0'
      ? c10d::ProcessGroupGloo::createDeviceForInterface(name)
      : c10d::ProcessGroupGloo::createDeviceForHostname(
            address_towards(place.store_host));
}

} // namespace

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
    auto options = c10d::ProcessGroupGloo::Options::create(kMeetingTime);
    options->devices.push_back(gloo_device(place));
    backend_ = c10::make_intrusive<c10d::ProcessGroupGloo>(
        tensors, rank, size, std::move(options));
    backend_->setTimeout(kTransferTime);
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
    board_ = std::make_unique<ProcessBoard>(place);
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
            error.what_without_backtrace(),
            device.is_cuda()
                ? ""
                : "; GLOO_SOCKET_IFNAME names another network interface"));
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
