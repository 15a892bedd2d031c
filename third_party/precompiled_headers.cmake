# Precompiled headers, one target for each kind of source; microfiche_compile_options
# chooses. With clang 14 they save about 2 s of processor time for each source, and 18 s
# where LibTorch is included.

set(common_headers
    <algorithm>
    <array>
    <cmath>
    <cstdint>
    <filesystem>
    <fstream>
    <functional>
    <map>
    <memory>
    <nlohmann/json.hpp>
    <optional>
    <span>
    <sstream>
    <string>
    <string_view>
    <utility>
    <vector>)
set(test_headers <gmock/gmock.h> <gtest/gtest.h>)

# microfiche_add_headers(<name> HEADERS <header>... [LIBRARIES <target>...])
function(microfiche_add_headers name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LIBRARIES")
  file(CONFIGURE OUTPUT "${name}.cpp" CONTENT "")
  add_library(${name} STATIC "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
  microfiche_warnings(${name})
endfunction()

microfiche_add_headers(microfiche_headers HEADERS ${common_headers})
if(MICROFICHE_BUILD_TESTS)
  microfiche_add_headers(microfiche_test_headers
    HEADERS ${common_headers} ${test_headers}
    LIBRARIES GTest::gmock)
  microfiche_without_optimisation(microfiche_test_headers)
endif()
if(MICROFICHE_WITH_TORCH)
  microfiche_add_headers(microfiche_torch_headers
    HEADERS ${common_headers} <torch/torch.h>
    LIBRARIES microfiche::torch)
  if(MICROFICHE_BUILD_TESTS)
    microfiche_add_headers(microfiche_torch_test_headers
      HEADERS ${common_headers} <torch/torch.h> ${test_headers}
      LIBRARIES microfiche::torch GTest::gmock)
    microfiche_without_optimisation(microfiche_torch_test_headers)
  endif()
endif()
