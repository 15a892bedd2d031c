# microfiche::torch, LibTorch from the torch wheel of the virtual environment.
#
# An imported target: LibTorch's CMake package enables the CUDA
# language whenever the wheel was built with CUDA, so it fails without nvcc,
# although the CPU half works alone. Installed with the library;
# find_package(Microfiche) includes this file.

set(MICROFICHE_TORCH_VERSION 2.11.0)
set(MICROFICHE_TORCH_DIR "" CACHE PATH "The torch folder of the wheel; found in .venv when empty")
if(NOT MICROFICHE_TORCH_DIR)
  file(GLOB MICROFICHE_TORCH_DIR "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
endif()
if(NOT EXISTS "${MICROFICHE_TORCH_DIR}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "No LibTorch in '${MICROFICHE_TORCH_DIR}': run scripts/setup, or set "
                      "MICROFICHE_TORCH_DIR to the torch folder of a "
                      "torch==${MICROFICHE_TORCH_VERSION} wheel.")
endif()
file(STRINGS "${MICROFICHE_TORCH_DIR}/version.py" MICROFICHE_TORCH_FOUND REGEX "^__version__")
string(REGEX REPLACE ".*'(.*)'.*" "\\1" MICROFICHE_TORCH_FOUND "${MICROFICHE_TORCH_FOUND}")
if(NOT MICROFICHE_TORCH_FOUND MATCHES "^${MICROFICHE_TORCH_VERSION}([+]|$)")
  message(FATAL_ERROR "LibTorch in '${MICROFICHE_TORCH_DIR}' is ${MICROFICHE_TORCH_FOUND}, "
                      "expected ${MICROFICHE_TORCH_VERSION}: C++ code built for one version does "
                      "not run with another. Run scripts/setup.")
endif()

add_library(microfiche::torch INTERFACE IMPORTED GLOBAL)
target_include_directories(
  microfiche::torch SYSTEM
  INTERFACE "${MICROFICHE_TORCH_DIR}/include"
            "${MICROFICHE_TORCH_DIR}/include/torch/csrc/api/include")
target_link_libraries(microfiche::torch INTERFACE "${MICROFICHE_TORCH_DIR}/lib/libtorch_cpu.so"
                                                  "${MICROFICHE_TORCH_DIR}/lib/libc10.so"
                                                  "${MICROFICHE_TORCH_DIR}/lib/libgomp.so.1")

if(MICROFICHE_WITH_CUDA)
  # Headers and nvcc come from the toolkit, the libraries from the wheel of the machine
  # that runs the program. That may be another machine, so dependencies of libtorch_cuda
  # may be absent here. It registers its kernels when it is loaded, so the linker must
  # keep it although no symbol needs it.
  find_package(CUDAToolkit 13 REQUIRED)
  target_include_directories(microfiche::torch SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
  target_compile_definitions(microfiche::torch INTERFACE MICROFICHE_WITH_CUDA)
  target_link_options(
    microfiche::torch
    INTERFACE
    "LINKER:--allow-shlib-undefined"
    "LINKER:--push-state,--no-as-needed,${MICROFICHE_TORCH_DIR}/lib/libtorch_cuda.so,--pop-state")
  target_link_libraries(
    microfiche::torch INTERFACE "${MICROFICHE_TORCH_DIR}/lib/libc10_cuda.so"
                                "${MICROFICHE_TORCH_DIR}/../nvidia/cu13/lib/libcudart.so.13")
endif()
