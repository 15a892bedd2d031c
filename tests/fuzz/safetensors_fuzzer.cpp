#include "checkpoint/safetensors_header.h"

#include "core/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    microfiche::checkpoint::parse_safetensors_header(
        std::as_bytes(std::span(data, size)), "fuzz.safetensors");
  } catch (const microfiche::Error&) {
  }
  return 0;
}
