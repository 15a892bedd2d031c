#include "model/size_checks.h"

#include "core/error.h"

namespace microfiche::model {

void check_size(
    int64_t size,
    int64_t least,
    const char* field,
    const std::string& where,
    int64_t most) {
  check(
      size >= least && size <= most,
      where,
      ": ",
      field,
      " must be from ",
      least,
      " to ",
      most,
      ", got ",
      size);
}

void check_heads(
    int64_t width,
    int64_t heads,
    const char* width_field,
    const char* heads_field,
    const std::string& where) {
  check_size(width, 1, width_field, where);
  check_size(heads, 1, heads_field, where);
  check(
      width % heads == 0,
      where,
      ": ",
      width_field,
      " must be a multiple of ",
      heads_field,
      " (",
      heads,
      "), got ",
      width);
}

} // namespace microfiche::model
