#include "kernels/reference_kernels.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <string>

namespace microfiche::kernels {
namespace {

constexpr const char* kVariable = "MICROFICHE_REFERENCE_KERNELS";

constexpr std::array<std::string_view, 5> kNames = {
    "convolution",
    "decode_team",
    "linear",
    "linear_f32_many_rows",
    "rel_pos_attention"};

std::set<std::string, std::less<>> read_names() {
  const char* const value = std::getenv(kVariable);
  std::string list = value == nullptr ? "" : value;
  if (list == "all") {
    return {kNames.begin(), kNames.end()};
  }
  std::set<std::string, std::less<>> names;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const auto name = list.substr(begin, end - begin);
    TORCH_CHECK_VALUE(
        std::find(kNames.begin(), kNames.end(), name) != kNames.end(),
        kVariable,
        ": expected \"all\" or names from kernels/reference_kernels.cpp, got \"",
        name,
        "\"");
    names.insert(name);
    begin = end + 1;
  }
  return names;
}

} // namespace

bool runs_reference(std::string_view name) {
  static const auto names = read_names();
  return names.contains(name);
}

} // namespace microfiche::kernels
