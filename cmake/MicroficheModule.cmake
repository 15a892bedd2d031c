# microfiche_add_module(<name> SOURCES <file>... [CUDA_SOURCES <file>...]
#                       [DEPENDS <target>...] [PRIVATE <target>...])
#
# Declares the library microfiche::<name>. DEPENDS lists what its headers include,
# PRIVATE what only its sources include. Each must already be declared, so
# modules/CMakeLists.txt is in the order of the dependencies and has no cycle.
# CUDA_SOURCES are built only with MICROFICHE_WITH_CUDA, which sources see as a macro; they
# include no LibTorch header.
function(microfiche_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;CUDA_SOURCES;DEPENDS;PRIVATE")
  foreach(target IN LISTS arg_DEPENDS arg_PRIVATE)
    if(NOT TARGET ${target})
      message(FATAL_ERROR "microfiche::${name} depends on ${target}, "
                          "which is declared later or not at all.")
    endif()
  endforeach()

  if(MICROFICHE_WITH_CUDA)
    list(APPEND arg_SOURCES ${arg_CUDA_SOURCES})
  endif()
  add_library(microfiche_${name} STATIC ${arg_SOURCES})
  add_library(microfiche::${name} ALIAS microfiche_${name})
  set_target_properties(microfiche_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(microfiche_${name} PUBLIC cxx_std_20)
  target_include_directories(
    microfiche_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/modules>
                              $<INSTALL_INTERFACE:include/microfiche>)
  target_link_libraries(microfiche_${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE})
  if(MICROFICHE_USES_TORCH)
    target_link_libraries(microfiche_${name} PUBLIC microfiche::torch)
  endif()
  microfiche_compile_options(microfiche_${name})
  set_property(GLOBAL APPEND PROPERTY MICROFICHE_MODULES microfiche_${name})
endfunction()

function(microfiche_warnings target)
  # -Wno-restrict: g++ 12 reports it falsely on `const char* + std::string`.
  set(warnings -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  if(MICROFICHE_WARNINGS_AS_ERRORS)
    list(APPEND warnings -Werror)
  endif()
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${warnings}>")
endfunction()

# Tests are compiled without optimisation: that takes 2.5 times less processor time, and
# what they test is in modules, which are optimised.
function(microfiche_without_optimisation target)
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:-O0>")
endfunction()

# Warnings and the precompiled header for a target whose libraries are already linked:
# with LibTorch where it is in use, with GoogleMock for tests.
function(microfiche_compile_options target)
  microfiche_warnings(${target})
  set(kind "")
  if(MICROFICHE_USES_TORCH)
    target_link_libraries(${target} PRIVATE microfiche::torch)
    set(kind "_torch")
  endif()
  get_target_property(libraries ${target} LINK_LIBRARIES)
  if("GTest::gmock" IN_LIST libraries)
    string(APPEND kind "_test")
    microfiche_without_optimisation(${target})
  endif()
  target_precompile_headers(${target} REUSE_FROM microfiche${kind}_headers)
endfunction()
