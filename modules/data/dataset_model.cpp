#include "data/dataset_model.h"

#include "core/error.h"
#include "page/vision_token_order.h"

namespace microfiche::data {

int64_t DatasetModel::vision_tokens(const page::ResolutionMode& mode) const {
  return page::count_nominal_tokens(mode, pixels_per_token);
}

std::map<std::string, page::ResolutionMode> DatasetModel::untiled_modes(
    const std::vector<std::string>& names) const {
  std::map<std::string, page::ResolutionMode> found;
  for (const auto& name : names) {
    const auto mode = page::find_mode(name, modes, published_modes);
    check(
        !mode.tiled() && mode.base_size_px % pixels_per_token == 0,
        "training pages: mode \"",
        name,
        "\" must be without tiles, and its side a multiple of ",
        pixels_per_token,
        " px");
    found[name] = mode;
  }
  return found;
}

} // namespace microfiche::data
