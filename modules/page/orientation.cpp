#include "page/orientation.h"

#include "core/error.h"

namespace microfiche::page {

int Orientation::value() const {
  const int stated = exif ? *exif : xmp.value_or(1);
  return 1 <= stated && stated <= 8 ? stated : 1;
}

std::optional<int> orientation_in_directory(const TiffDirectory& directory) {
  if (directory.count(TiffDirectory::kOrientation) == 0) {
    return std::nullopt;
  }
  const uint64_t value = directory.value(TiffDirectory::kOrientation, 0);
  return value <= 8 ? static_cast<int>(value) : 1;
}

std::optional<int> orientation_in_exif(ImageBytes exif) {
  using namespace std::string_view_literals;
  constexpr auto kPrefix = "Exif\0\0"sv;
  if (exif.has(0, kPrefix)) {
    exif = exif.part(kPrefix.size(), exif.size() - kPrefix.size());
  }
  if (!is_tiff(exif)) {
    return std::nullopt;
  }
  try {
    return orientation_in_directory(TiffDirectory(exif));
  } catch (const InputError&) {
    return std::nullopt;
  }
}

std::optional<int> orientation_in_xmp(std::string_view xmp) {
  // Follows the regular expression of `Image.getexif` in Pillow 13,
  // tiff:Orientation(="|>)([0-9]).
  constexpr std::string_view kName = "tiff:Orientation";
  for (size_t at = 0; (at = xmp.find(kName, at)) != std::string_view::npos;) {
    at += kName.size();
    auto value = xmp.substr(at);
    if (!value.starts_with("=\"") && !value.starts_with('>')) {
      continue;
    }
    value.remove_prefix(value.front() == '>' ? 1 : 2);
    if (!value.empty() && value.front() >= '0' && value.front() <= '9') {
      return value.front() - '0';
    }
  }
  return std::nullopt;
}

} // namespace microfiche::page
