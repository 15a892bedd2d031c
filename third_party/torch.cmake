# microfiche::torch, LibTorch from the torch wheel of the virtual environment.
#
# An imported target of our own: LibTorch's CMake package enables the CUDA
# language whenever the wheel was built with CUDA, so it fails where there is no
# nvcc, although the CPU half works alone.

set(MICROFICHE_TORCH_DIR "" CACHE PATH "The torch folder of the wheel; found in .venv when empty")
if(NOT MICROFICHE_TORCH_DIR)
  file(GLOB torch_dirs "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
  list(GET torch_dirs 0 MICROFICHE_TORCH_DIR)
endif()
if(NOT EXISTS "${MICROFICHE_TORCH_DIR}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "No LibTorch in '${MICROFICHE_TORCH_DIR}': run scripts/setup, or set "
                      "MICROFICHE_TORCH_DIR to the torch folder of a torch==2.11.0 wheel.")
endif()

add_library(microfiche_torch INTERFACE)
add_library(microfiche::torch ALIAS microfiche_torch)
target_include_directories(
  microfiche_torch SYSTEM
  INTERFACE "${MICROFICHE_TORCH_DIR}/include"
            "${MICROFICHE_TORCH_DIR}/include/torch/csrc/api/include")
target_link_libraries(microfiche_torch INTERFACE "${MICROFICHE_TORCH_DIR}/lib/libtorch_cpu.so"
                                                 "${MICROFICHE_TORCH_DIR}/lib/libc10.so")

# Every LibTorch source spends 20 s on its headers; precompiled once, under 2 s.
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/torch_headers.cpp" "")
add_library(microfiche_torch_headers STATIC "${CMAKE_CURRENT_BINARY_DIR}/torch_headers.cpp")
target_compile_features(microfiche_torch_headers PUBLIC cxx_std_20)
target_link_libraries(microfiche_torch_headers PRIVATE microfiche_torch)
target_compile_options(microfiche_torch_headers PRIVATE -Wall -Wextra -Wno-restrict)
if(MICROFICHE_WARNINGS_AS_ERRORS)
  target_compile_options(microfiche_torch_headers PRIVATE -Werror)
endif()
target_precompile_headers(microfiche_torch_headers PRIVATE <torch/torch.h>)
