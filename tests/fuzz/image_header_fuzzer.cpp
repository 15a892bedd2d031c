#include "page/image_header.h"

#include "core/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    microfiche::page::read_image_header(
        std::as_bytes(std::span(data, size)), "fuzz.png");
  } catch (const microfiche::Error&) {
  }
  return 0;
}
