#include "decoder/cpu/decode_thread.h"

#include "decoder/cpu/channel_tasks.h"
#include "kernels/cpu/rms_norm.h"
#include "kernels/cpu/silu_product.h"
#include "kernels/cpu/vector.h"

#include <algorithm>

namespace microfiche::decoder {
namespace {

using kernels::AlignedBytes;
using kernels::Bf16;
using kernels::to_float;

template <typename Number>
MICROFICHE_INLINE void add_numbers(const char* from, int64_t count, char* to) {
  const auto* added = reinterpret_cast<const Number*>(from);
  auto* sums = reinterpret_cast<Number*>(to);
  for (int64_t i = 0; i < count; ++i) {
    kernels::round_to(to_float(sums[i]) + to_float(added[i]), sums[i]);
  }
}

struct AddNumbersJob {
  bool is_bf16;
  const char* from;
  int64_t count;
  char* to;

  MICROFICHE_INLINE void run() const {
    if (is_bf16) {
      add_numbers<Bf16>(from, count, to);
    } else {
      add_numbers<float>(from, count, to);
    }
  }
};

struct ToFloatJob {
  const uint16_t* from;
  int64_t count;
  float* to;

  MICROFICHE_INLINE void run() const {
    std::transform(from, from + count, to, [](uint16_t bits) {
      return to_float(Bf16{bits});
    });
  }
};

} // namespace

void DecodeThread::normalize(const void* weight) {
  scratch.normed.resize(buffers.x.size());
  const kernels::RmsNormRows rows{
      buffers.x.data(),
      weight,
      scratch.normed.data(),
      sizes.is_bf16,
      sizes.width,
      sizes.norm_eps};
  kernels::rms_norm_cpu(rows, 0, buffers.rows);
}

kernels::LinearProduct DecodeThread::product(
    const RawWeight& weight,
    const AlignedBytes& x,
    AlignedBytes& y) const {
  return product(weight, x.data(), buffers.rows, y.data());
}

kernels::LinearProduct DecodeThread::product(
    const RawWeight& weight,
    const void* x,
    int64_t rows,
    void* y) const {
  kernels::LinearProduct result;
  result.x = x;
  result.y = y;
  result.x_is_bf16 = sizes.is_bf16;
  result.rows = rows;
  result.in = weight.in;
  result.out = weight.out;
  result.weight = weight.data;
  result.type = weight.type;
  result.scale = weight.scale;
  result.groups = weight.groups;
  result.rows_alone = buffers.rows_alone;
  return result;
}

void DecodeThread::add_channels(
    const AlignedBytes& from,
    AlignedBytes& to,
    int64_t begin,
    int64_t end) const {
  for (int64_t row = 0; row < buffers.rows; ++row) {
    const int64_t offset = (row * sizes.width + begin) * sizes.element_size();
    kernels::run_vectorized(AddNumbersJob{
        sizes.is_bf16, from.data() + offset, end - begin, to.data() + offset});
  }
}

void DecodeThread::add_product(
    const RawWeight& weight,
    const AlignedBytes& from) {
  const auto own = product(weight, from, buffers.added);
  ChannelTasks tasks;
  tasks.add(own);
  tasks.run(team, [&](int64_t, int64_t begin, int64_t end) {
    kernels::linear_cpu(own, begin, end);
    add_channels(buffers.added, buffers.x, begin, end);
  });
  team.barrier();
}

void DecodeThread::apply_silu_product(
    AlignedBytes& gate,
    const AlignedBytes& up) const {
  const int64_t bytes = sizes.element_size();
  const auto numbers = static_cast<int64_t>(gate.size()) / bytes;
  const int64_t begin = numbers * team.index() / team.count();
  const int64_t end = numbers * (team.index() + 1) / team.count();
  kernels::silu_product_cpu(
      gate.data() + begin * bytes,
      up.data() + begin * bytes,
      gate.data() + begin * bytes,
      sizes.is_bf16,
      end - begin);
}

void convert_to_float(const uint16_t* from, int64_t count, float* to) {
  kernels::run_vectorized(ToFloatJob{from, count, to});
}

} // namespace microfiche::decoder
