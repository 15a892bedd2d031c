# Uses ccache and a fast linker if they are installed; neither changes a result.

if(PROJECT_IS_TOP_LEVEL)
  find_program(MICROFICHE_CCACHE ccache)
  if(MICROFICHE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # ccache needs this to cache files that use a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros
        "${MICROFICHE_CCACHE}")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
    elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
    endif()
  endif()

  find_program(MICROFICHE_LINKER NAMES mold ld.lld)
  if(MICROFICHE_LINKER MATCHES "mold$")
    add_link_options(-fuse-ld=mold)
  elseif(MICROFICHE_LINKER)
    add_link_options(-fuse-ld=lld)
  endif()
endif()
