#include "metrics/white_space.h"

#include <unicode/uchar.h>

namespace microfiche::metrics {

bool is_space(char32_t code_point) {
  // Python adds the four separator controls to Unicode's White_Space.
  return (code_point >= 0x1C && code_point <= 0x1F) ||
      u_isUWhiteSpace(static_cast<UChar32>(code_point));
}

} // namespace microfiche::metrics
