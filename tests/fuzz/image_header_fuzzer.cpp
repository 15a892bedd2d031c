#include "page/image_header.h"

#include "core/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const auto header = microfiche::page::read_image_header(bytes, "fuzz.png");
    microfiche::page::read_image_header(bytes, "fuzz.png", header.num_pages);
  } catch (const microfiche::Error&) {
  }
  return 0;
}
