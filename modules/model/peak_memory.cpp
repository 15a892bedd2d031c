#include "model/peak_memory.h"

#include "core/memory_use.h"

#include <ATen/DeviceAccelerator.h>

namespace microfiche::model {

int64_t peak_memory_bytes(const torch::Device& device) {
  if (device.is_cuda()) {
    constexpr size_t kAll =
        static_cast<size_t>(at::CachingAllocator::StatType::AGGREGATE);
    return at::accelerator::getDeviceStats(device.index())
        .allocated_bytes[kAll]
        .peak;
  }
  return microfiche::peak_memory_bytes();
}

void reset_peak_memory(const torch::Device& device) {
  if (device.is_cuda()) {
    at::accelerator::resetPeakStats(device.index());
  } else {
    microfiche::reset_peak_memory();
  }
}

} // namespace microfiche::model
