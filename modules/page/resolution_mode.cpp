#include "page/resolution_mode.h"

#include "core/error.h"

#include <algorithm>

namespace microfiche::page {
namespace {

ResolutionMode whole(const char* name, int64_t size_px, Fit fit) {
  ResolutionMode mode;
  mode.name = name;
  mode.base_size_px = size_px;
  mode.fit = fit;
  return mode;
}

ResolutionMode tiled(const char* name, int64_t size_px, int64_t tile_size_px) {
  ResolutionMode mode = whole(name, size_px, Fit::kPad);
  mode.tile_size_px = tile_size_px;
  mode.untiled_up_to_px = 640;
  return mode;
}

} // namespace

void validate(const ResolutionMode& mode, const std::string& where) {
  check(!mode.name.empty(), where, ": a mode needs a name");
  const auto check_side = [&](const char* field, int64_t side, int64_t least) {
    check(
        least <= side && side <= kMaxSide,
        where,
        ".",
        field,
        ": expected ",
        least,
        " to ",
        kMaxSide,
        ", got ",
        side);
  };
  check_side("base_size_px", mode.base_size_px, 1);
  check_side("tile_size_px", mode.tile_size_px, 0);
  check(
      mode.untiled_up_to_px >= 0,
      where,
      ".untiled_up_to_px: expected at least 0, got ",
      mode.untiled_up_to_px);
  check(
      1 <= mode.min_tiles && mode.min_tiles <= mode.max_tiles &&
          mode.max_tiles <= kMaxTiles,
      where,
      ": expected 1 <= min_tiles <= max_tiles <= ",
      kMaxTiles,
      ", got ",
      mode.min_tiles,
      " and ",
      mode.max_tiles);
}

const std::vector<ResolutionMode>& official_modes() {
  static const std::vector<ResolutionMode> modes = {
      whole("tiny", 512, Fit::kStretch),
      whole("small", 640, Fit::kStretch),
      whole("base", 1024, Fit::kPad),
      whole("large", 1280, Fit::kPad),
      tiled("gundam", 1024, /*tile_size_px=*/640),
      tiled("gundam-m", 1280, /*tile_size_px=*/1024),
  };
  return modes;
}

const std::vector<ResolutionMode>& flow_modes() {
  static const std::vector<ResolutionMode> modes = [] {
    auto dynamic = whole("dynamic", 1024, Fit::kPad);
    dynamic.tile_size_px = 768;
    dynamic.max_tiles = 6;
    std::vector<ResolutionMode> all = {
        dynamic,
        whole("base", 1024, Fit::kPad),
        whole("768", 768, Fit::kStretch),
    };
    for (auto& mode : all) {
      mode.layout.has_rows = false;
    }
    return all;
  }();
  return modes;
}

ResolutionMode find_mode(
    const std::string& name,
    const std::vector<ResolutionMode>& own_modes,
    const std::vector<ResolutionMode>& published) {
  std::vector<std::string> names;
  for (const auto* modes : {&own_modes, &published}) {
    for (const auto& mode : *modes) {
      if (mode.name == name) {
        return mode;
      }
      names.push_back(mode.name);
    }
  }
  std::string list;
  for (const auto& known : names) {
    list += (list.empty() ? "" : ", ") + known;
  }
  throw UsageError(concat(
      "no resolution mode named \"",
      name,
      "\"; expected one of ",
      list,
      did_you_mean(name, names)));
}

} // namespace microfiche::page
