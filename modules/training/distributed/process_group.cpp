#include "training/distributed/process_group.h"

#include "core/error.h"
#include "training/distributed/heartbeat_monitor.h"

#include <torch/torch.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

// The wheel has Gloo, but not its headers; Debian's stand in for them. They are
// older, so the constructor tests them with a sum.
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

/// All processes have started when they begin to connect, so a short timeout
/// suffices. Gloo tries five times.
constexpr std::chrono::seconds kConnectTimeout{5};

/// A collective follows a barrier, so it waits only for data in transit.
constexpr std::chrono::minutes kTransferTimeout{5};

constexpr int64_t kBucketBytes = 25 << 20;

/// The network that Gloo uses: GLOO_SOCKET_IFNAME as in PyTorch, or else the
/// one through which the store is reached. Gloo's default, the network of the
/// host name, is often only the loopback.
std::shared_ptr<gloo::transport::Device> gloo_device(const RankInfo& info) {
  const char* name = std::getenv("GLOO_SOCKET_IFNAME");
  return name != nullptr && *name != '\0'
      ? c10d::ProcessGroupGloo::createDeviceForInterface(name)
      : c10d::ProcessGroupGloo::createDeviceForHostname(
            address_towards(info.store_host));
}

} // namespace

/// NCCL or Gloo.
class ProcessGroup::Collectives {
 public:
  Collectives(
      const RankInfo& info,
      const torch::Device& device,
      const c10::intrusive_ptr<c10d::Store>& store) {
    const auto tensors =
        c10::make_intrusive<c10d::PrefixStore>("tensors", store);
    const int rank = static_cast<int>(info.rank);
    const int size = static_cast<int>(info.size);
    if (device.is_cuda()) {
#ifdef MICROFICHE_WITH_CUDA
      backend_ =
          c10::make_intrusive<c10d::ProcessGroupNCCL>(tensors, rank, size);
#else
      throw UsageError("this program was built without CUDA");
#endif
      return;
    }
    auto options = c10d::ProcessGroupGloo::Options::create(kConnectTimeout);
    options->devices.push_back(gloo_device(info));
    backend_ = c10::make_intrusive<c10d::ProcessGroupGloo>(
        tensors, rank, size, std::move(options));
    backend_->setTimeout(kTransferTimeout);
  }

  void all_reduce_sum(const torch::Tensor& tensor) {
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

/// Joins tensors of one dtype into flat buckets, calls `use` with each, and
/// copies the results back.
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

ProcessGroup::ProcessGroup(const RankInfo& info, const torch::Device& device)
    : info_(info), device_(device) {
  try {
    monitor_ = std::make_unique<HeartbeatMonitor>(info);
    monitor_->barrier();
    collectives_ =
        std::make_unique<Collectives>(info, device, monitor_->store());
  } catch (const c10::Error& error) {
    throw Error(
        ExitCode::kFailure,
        concat(
            "rank ",
            info.rank,
            " of ",
            info.size,
            ": could not connect to the other processes at ",
            info.store_host,
            ":",
            info.store_port,
            ": ",
            error.what_without_backtrace(),
            device.is_cuda()
                ? ""
                : "; set GLOO_SOCKET_IFNAME to use another network interface"));
  }
  const auto trial = torch::full(
      {3},
      static_cast<double>(info.rank + 1),
      torch::TensorOptions(torch::kFloat32).device(device));
  all_reduce_sum({trial});
  const auto sum = static_cast<float>(info.size * (info.size + 1)) / 2;
  if (!(trial == sum).all().item<bool>()) {
    throw Error(
        ExitCode::kFailure,
        concat(
            "the test sum over ",
            info.size,
            " processes: expected ",
            sum,
            ", got ",
            trial[0].item<float>()));
  }
}

ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::broadcast(
    const std::vector<torch::Tensor>& tensors,
    int64_t from) {
  const torch::NoGradGuard no_grad;
  monitor_->barrier();
  try {
    in_buckets(tensors, [&](const torch::Tensor& bucket) {
      collectives_->broadcast(bucket, from);
    });
  } catch (const std::exception& error) {
    monitor_->explain(error);
  }
}

void ProcessGroup::all_reduce_sum(const std::vector<torch::Tensor>& tensors) {
  const torch::NoGradGuard no_grad;
  monitor_->barrier();
  try {
    in_buckets(tensors, [&](const torch::Tensor& bucket) {
      collectives_->all_reduce_sum(bucket);
    });
  } catch (const std::exception& error) {
    monitor_->explain(error);
  }
}

bool ProcessGroup::any(bool value) {
  const auto count = torch::full(
      {1},
      value ? 1.0 : 0.0,
      torch::TensorOptions(torch::kFloat32).device(device_));
  all_reduce_sum({count});
  return count.item<float>() > 0;
}

void ProcessGroup::barrier() {
  monitor_->barrier();
}

} // namespace microfiche::training
