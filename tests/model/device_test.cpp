#include "model/device.h"

#include "core/error.h"

#include <ATen/Version.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <fstream>
#include <iterator>
#include <string>

namespace microfiche::model {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(DeviceTest, AutoIsFloat32OnACpu) {
  if (torch::cuda::is_available()) {
    GTEST_SKIP() << "this machine has a GPU";
  }

  const auto placement = find_placement("auto", "auto");

  EXPECT_EQ(placement.device, torch::Device(torch::kCPU));
  EXPECT_EQ(placement.dtype, torch::kFloat32);
}

TEST(DeviceTest, AutoIsBfloat16OnAGpu) {
  if (!torch::cuda::is_available()) {
    GTEST_SKIP() << "no GPU on this machine";
  }

  const auto placement = find_placement("auto", "auto");

  EXPECT_EQ(placement.device, torch::Device(torch::kCUDA, 0));
  EXPECT_EQ(placement.dtype, torch::kBFloat16);
}

TEST(DeviceTest, KnowsWhetherTheProcessorHasInstructionsForBfloat16) {
  std::ifstream file("/proc/cpuinfo");
  const std::string processor(std::istreambuf_iterator<char>(file), {});
  // See Note [Instructions of the processor].
  const bool listed = processor.find("avx512_bf16") != std::string::npos &&
      at::get_cpu_capability() == "AVX512";

  EXPECT_EQ(multiplies_bf16(torch::kCPU), listed);
}

TEST(DeviceTest, Bf16ComputesInFloat32WithoutInstructionsForIt) {
  const bool multiplies = multiplies_bf16(torch::kCPU);
  for (const auto& placement :
       {find_placement("cpu", "bf16"),
        find_placement("cpu", "auto", "bfloat16")}) {
    EXPECT_EQ(placement.dtype, multiplies ? torch::kBFloat16 : torch::kFloat32);
    EXPECT_EQ(placement.bf16_matrices, !multiplies);
    EXPECT_EQ(weights_dtype(placement), torch::kBFloat16);
    EXPECT_EQ(dtype_name(placement), "bf16");
  }
  EXPECT_FALSE(find_placement("cpu", "f32", "bfloat16").bf16_matrices);
}

TEST(DeviceTest, WeightsAreRoundedFromTheTypeOfTheFile) {
  const bool multiplies = multiplies_bf16(torch::kCPU);
  for (const char* dtype : {"int8", "int4"}) {
    const auto of_bf16 = find_placement("cpu", dtype, "bfloat16");
    EXPECT_EQ(of_bf16.bf16_matrices, !multiplies);
    EXPECT_EQ(weights_dtype(of_bf16), torch::kBFloat16);
    EXPECT_EQ(dtype_name(of_bf16), dtype);

    const auto of_f32 = find_placement("cpu", dtype, "float32");
    EXPECT_FALSE(of_f32.bf16_matrices);
    EXPECT_EQ(
        weights_dtype(of_f32), multiplies ? torch::kBFloat16 : torch::kFloat32);
  }
}

TEST(DeviceTest, ReadsDtypesByName) {
  EXPECT_EQ(find_placement("cpu", "f32").dtype, torch::kFloat32);
  EXPECT_EQ(find_placement("cpu", "bf16").weights, WeightFormat::kFloat);
  EXPECT_EQ(find_placement("cpu", "int8").weights, WeightFormat::kInt8);
  EXPECT_EQ(find_placement("cpu", "int4").weights, WeightFormat::kInt4);
}

TEST(DeviceTest, AutoIsTheDtypeOfTheConfig) {
  EXPECT_EQ(find_placement("cpu", "auto", "float32").dtype, torch::kFloat32);
  EXPECT_EQ(find_placement("cpu", "auto", "float16").dtype, torch::kFloat32);
  EXPECT_EQ(find_placement("cpu", "f32", "bfloat16").dtype, torch::kFloat32);
}

TEST(DeviceTest, SaysThatThereIsNoGpu) {
  if (torch::cuda::is_available()) {
    GTEST_SKIP() << "this machine has a GPU";
  }

  EXPECT_THAT(
      [] { find_placement("cuda:1", "auto"); },
      ThrowsMessage<UsageError>(HasSubstr("no GPU is usable")));
}

TEST(DeviceTest, RefusesUnknownNames) {
  EXPECT_THAT(
      [] { find_placement("tpu", "auto"); },
      ThrowsMessage<UsageError>(HasSubstr("auto, cpu, cuda or cuda:N")));
  EXPECT_THAT(
      [] { find_placement("cpu", "f16"); },
      ThrowsMessage<UsageError>(HasSubstr("auto, f32, bf16, int8 or int4")));
}

} // namespace
} // namespace microfiche::model
