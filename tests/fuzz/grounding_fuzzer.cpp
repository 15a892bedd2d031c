#include "document/grounding.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

/// Reads any text as a grounded page: what of it is no markup must be there in
/// the blocks, in its order, and boxes must lie on the page.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microfiche::document;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto grounded = parse_grounding(text, 1654, 2339);
  size_t at = 0;
  for (const auto& block : grounded.blocks) {
    const size_t found = text.find(block.content, at);
    if (found == std::string_view::npos) {
      std::abort();
    }
    at = found + block.content.size();
    for (const auto& box : block.boxes) {
      if (box.left < 0 || box.top < 0 || box.right > 1654 ||
          box.bottom > 2339) {
        std::abort();
      }
    }
  }
  to_markdown(grounded, [](int64_t figure) { return std::to_string(figure); });
  return 0;
}
