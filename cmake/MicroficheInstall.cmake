# cmake --install: the modules as static libraries with their headers, for
# find_package(Microfiche). LibTorch is not copied: the user sets MICROFICHE_TORCH_DIR.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Microfiche")
get_property(modules GLOBAL PROPERTY MICROFICHE_MODULES)

install(TARGETS ${modules} EXPORT MicroficheTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT MicroficheTargets NAMESPACE microfiche:: DESTINATION "${package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/modules/" DESTINATION include/microfiche
        FILES_MATCHING PATTERN "*.h")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/MicroficheConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/MicroficheConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/MicroficheConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/MicroficheConfig.cmake"
              "${PROJECT_BINARY_DIR}/MicroficheConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/third_party/packages.cmake"
              "${PROJECT_SOURCE_DIR}/third_party/torch.cmake" DESTINATION "${package_dir}")
