#include "kernels/decode_member.h"

#include "kernels/channel_tasks.h"
#include "kernels/cpu_vector.h"
#include "kernels/rms_norm_cpu.h"
#include "kernels/silu_product.h"

#include <algorithm>

namespace microfiche::kernels {
namespace {

template <typename Number>
MICROFICHE_INLINE void add_numbers(const char* from, int64_t count, char* to) {
  const auto* added = reinterpret_cast<const Number*>(from);
  auto* sums = reinterpret_cast<Number*>(to);
  for (int64_t i = 0; i < count; ++i) {
    round_to(to_float(sums[i]) + to_float(added[i]), sums[i]);
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

void DecodeMember::normalize(const void* weight) {
  scratch.normed.resize(buffers.x.size());
  const RmsNormRows rows{
      buffers.x.data(),
      weight,
      scratch.normed.data(),
      sizes.is_bf16,
      sizes.width,
      sizes.norm_eps};
  rms_norm_cpu(rows, 0, buffers.rows);
}

LinearProduct DecodeMember::product(
    const RawWeight& weight,
    const AlignedBytes& x,
    AlignedBytes& y) const {
  return product(weight, x.data(), buffers.rows, y.data());
}

LinearProduct DecodeMember::product(
    const RawWeight& weight,
    const void* x,
    int64_t rows,
    void* y) const {
  LinearProduct result;
  result.x = x;
  result.y = y;
  result.x_is_bf16 = sizes.is_bf16;
  result.rows = rows;
  result.in = weight.in;
  result.out = weight.out;
  result.weight = weight.data;
  result.type = weight.type;
  result.scale = weight.scale;
  return result;
}

void DecodeMember::add_channels(
    const AlignedBytes& from,
    AlignedBytes& to,
    int64_t begin,
    int64_t end) const {
  for (int64_t row = 0; row < buffers.rows; ++row) {
    const int64_t offset = (row * sizes.width + begin) * sizes.number_bytes();
    run_vectorized(AddNumbersJob{
        sizes.is_bf16, from.data() + offset, end - begin, to.data() + offset});
  }
}

void DecodeMember::add_product(
    const RawWeight& weight,
    const AlignedBytes& from) {
  const auto own = product(weight, from, buffers.added);
  ChannelTasks tasks;
  tasks.add(own.out, own.in);
  tasks.run(team, [&](int64_t, int64_t begin, int64_t end) {
    linear_cpu(own, begin, end);
    add_channels(buffers.added, buffers.x, begin, end);
  });
  team.meet();
}

void DecodeMember::multiply_inner(AlignedBytes& gate, const AlignedBytes& up)
    const {
  const int64_t bytes = sizes.number_bytes();
  const auto numbers = static_cast<int64_t>(gate.size()) / bytes;
  const int64_t begin = numbers * team.index() / team.count();
  const int64_t end = numbers * (team.index() + 1) / team.count();
  silu_product_cpu(
      gate.data() + begin * bytes,
      up.data() + begin * bytes,
      gate.data() + begin * bytes,
      sizes.is_bf16,
      end - begin);
}

void convert_to_float(const uint16_t* from, int64_t count, float* to) {
  run_vectorized(ToFloatJob{from, count, to});
}

} // namespace microfiche::kernels
