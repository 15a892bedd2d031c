#include "page/jpeg_pixels.h"

#include "core/error.h"

#include <turbojpeg.h>

#include <memory>
#include <string_view>

namespace microfiche::page {
namespace {

struct DestroyDecoder {
  void operator()(void* decoder) const {
    tjDestroy(decoder);
  }
};

} // namespace

LoadedPage decode_jpeg(
    std::span<const std::byte> bytes,
    int64_t width,
    int64_t height,
    const std::string& where) {
  LoadedPage page{{width, height, {}}, {}};
  page.image.rgb.resize(static_cast<size_t>(width * height * 3));
  const std::unique_ptr<void, DestroyDecoder> decoder(tjInitDecompress());
  if (tjDecompress2(
          decoder.get(),
          reinterpret_cast<const unsigned char*>(bytes.data()),
          bytes.size(),
          page.image.rgb.data(),
          static_cast<int>(width),
          /*pitch=*/0,
          static_cast<int>(height),
          TJPF_RGB,
          /*flags=*/0) == 0) {
    return page;
  }
  // The first warning of the decoder, or the error that ended it.
  const std::string message = tjGetErrorStr2(decoder.get());
  check(
      tjGetErrorCode(decoder.get()) == TJERR_WARNING &&
          message.find("extraneous bytes before marker") != std::string::npos,
      where,
      ": damaged JPEG, the decoder says: ",
      message);
  page.warnings.push_back(concat(
      "the JPEG may be damaged, the decoder says: ",
      message,
      "; compare the text with the picture"));
  return page;
}

} // namespace microfiche::page
