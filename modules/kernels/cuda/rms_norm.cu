#include "kernels/cuda/rms_norm.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

// One block per row: its threads sum the squares, compute the row's scale, and
// write. A thread loads 16 bytes at a time if the rows are aligned to 16 bytes.

namespace microfiche::kernels {

namespace {

constexpr int kWarp = 32;

__device__ float to_float(float x) {
  return x;
}
__device__ float to_float(__half x) {
  return __half2float(x);
}
__device__ float to_float(__nv_bfloat16 x) {
  return __bfloat162float(x);
}

template <typename T>
__device__ T from_float(float x);
template <>
__device__ float from_float<float>(float x) {
  return x;
}
template <>
__device__ __half from_float<__half>(float x) {
  return __float2half_rn(x);
}
template <>
__device__ __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}

// The elements of one load.
template <typename T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
  T values[kCount];
};

// Returns the sum over all threads of the block to each of them.
__device__ float sum_over_block(float x) {
  __shared__ float partial[kWarp];
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    x += __shfl_xor_sync(0xffffffff, x, offset);
  }
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  if (lane == 0) {
    partial[warp] = x;
  }
  __syncthreads();
  const int warps = blockDim.x / kWarp;
  x = lane < warps ? partial[lane] : 0.f;
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    x += __shfl_xor_sync(0xffffffff, x, offset);
  }
  return x;
}

template <typename T, int kCount>
__global__ void rms_norm_kernel(
    const Pack<T, kCount>* x,
    const Pack<T, kCount>* weight,
    Pack<T, kCount>* y,
    int packs,
    float eps) {
  const int64_t begin = static_cast<int64_t>(blockIdx.x) * packs;
  float squares = 0;
  for (int i = threadIdx.x; i < packs; i += blockDim.x) {
    const Pack<T, kCount> in = x[begin + i];
    for (int j = 0; j < kCount; ++j) {
      const float value = to_float(in.values[j]);
      squares += value * value;
    }
  }
  const float mean = sum_over_block(squares) / (packs * kCount);
  const float scale = rsqrtf(mean + eps);

  for (int i = threadIdx.x; i < packs; i += blockDim.x) {
    const Pack<T, kCount> in = x[begin + i];
    const Pack<T, kCount> gain = weight[i];
    Pack<T, kCount> out;
    for (int j = 0; j < kCount; ++j) {
      // Rounded to T before the gain, as the reference does.
      const T normed = from_float<T>(to_float(in.values[j]) * scale);
      out.values[j] =
          from_float<T>(to_float(normed) * to_float(gain.values[j]));
    }
    y[begin + i] = out;
  }
}

template <typename T, int kCount>
void launch(const RmsNormArguments& arguments) {
  const int packs = static_cast<int>(arguments.width / kCount);
  const int threads = packs >= 256 ? 256 : (packs + kWarp - 1) / kWarp * kWarp;
  rms_norm_kernel<T, kCount>
      <<<static_cast<unsigned>(arguments.rows), threads, 0, arguments.stream>>>(
          static_cast<const Pack<T, kCount>*>(arguments.x),
          static_cast<const Pack<T, kCount>*>(arguments.weight),
          static_cast<Pack<T, kCount>*>(arguments.y),
          packs,
          arguments.eps);
}

template <typename T>
void launch_widest(const RmsNormArguments& arguments) {
  constexpr int kWide = 16 / sizeof(T);
  const auto aligned = [](const void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer) % 16 == 0;
  };
  if (arguments.width % kWide == 0 && aligned(arguments.x) &&
      aligned(arguments.weight) && aligned(arguments.y)) {
    launch<T, kWide>(arguments);
  } else {
    launch<T, 1>(arguments);
  }
}

} // namespace

cudaError_t launch_rms_norm(const RmsNormArguments& arguments) {
  switch (arguments.type) {
    case RmsNormType::kFloat32:
      launch_widest<float>(arguments);
      break;
    case RmsNormType::kFloat16:
      launch_widest<__half>(arguments);
      break;
    case RmsNormType::kBFloat16:
      launch_widest<__nv_bfloat16>(arguments);
      break;
  }
  return cudaGetLastError();
}

} // namespace microfiche::kernels
