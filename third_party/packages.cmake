# The packages that the modules link. Imported targets are global so that
# modules, tests and apps see them. Installed with the library;
# find_package(Microfiche) includes this file.

set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

find_package(Threads REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(SQLite3 3.40 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenCV 4.5 REQUIRED COMPONENTS core imgcodecs imgproc)
find_package(PkgConfig REQUIRED)
pkg_check_modules(pangocairo REQUIRED IMPORTED_TARGET GLOBAL pangocairo pangoft2 fontconfig)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET GLOBAL libturbojpeg)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET GLOBAL cpp-httplib)
# Optional: reader "tesseract" of a sweep.
pkg_check_modules(tesseract QUIET IMPORTED_TARGET GLOBAL tesseract)
# Its -pthread would not match the precompiled headers, and glibc needs no such flag.
set_property(TARGET PkgConfig::pangocairo PROPERTY INTERFACE_COMPILE_OPTIONS "")
