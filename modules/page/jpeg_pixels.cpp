#include "page/jpeg_pixels.h"

#include "core/error.h"

#include <turbojpeg.h>

#include <memory>

namespace microfiche::page {
namespace {

struct DestroyDecoder {
  void operator()(void* decoder) const {
    tjDestroy(decoder);
  }
};

} // namespace

PageImage decode_jpeg(
    std::span<const std::byte> bytes,
    int64_t width,
    int64_t height,
    const std::string& where) {
  PageImage image{width, height, {}};
  image.rgb.resize(static_cast<size_t>(width * height * 3));
  const std::unique_ptr<void, DestroyDecoder> decoder(tjInitDecompress());
  const int status = tjDecompress2(
      decoder.get(),
      reinterpret_cast<const unsigned char*>(bytes.data()),
      bytes.size(),
      image.rgb.data(),
      static_cast<int>(width),
      /*pitch=*/0,
      static_cast<int>(height),
      TJPF_RGB,
      /*flags=*/0);
  check(
      status == 0,
      where,
      ": damaged JPEG, the decoder says: ",
      tjGetErrorStr2(decoder.get()),
      "; if the picture looks right, save it again with an image program");
  return image;
}

} // namespace microfiche::page
