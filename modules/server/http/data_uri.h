#pragma once

#include <string>
#include <string_view>

namespace microfiche::server {

/// The bytes of "data:image/png;base64,..."; the media type does not matter,
/// because the first bytes of an image decide its format.
///
/// Throws `ApiError` (status 400) that names `param`: for an address of another
/// kind, which this server never loads, and for text that is not base64 with
/// its padding (RFC 4648).
std::string read_data_uri(std::string_view uri, const std::string& param);

} // namespace microfiche::server
