#pragma once

#include "page/page_image.h"

#include <cstddef>
#include <span>
#include <string>

namespace microfiche::page {

/// The pixels of a JPEG as they are stored, decoded by libjpeg-turbo itself:
/// OpenCV does not say whether the decoder filled up damaged parts.
///
/// `width` and `height` are those of the header. Throws `InputError`, whose
/// message starts with `where`, for any damage, also for what the decoder only
/// warns of: bytes that belong to nothing may mean that half a page is noise.
PageImage decode_jpeg(
    std::span<const std::byte> bytes,
    int64_t width,
    int64_t height,
    const std::string& where);

} // namespace microfiche::page
