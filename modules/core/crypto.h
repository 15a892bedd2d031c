#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace microfiche {

/// SHA-256 of bytes that come in pieces.
class Sha256Stream {
 public:
  Sha256Stream();

  void add(std::span<const std::byte> bytes);

  /// The hash of all added bytes, as 64 hexadecimal digits. Ends the stream.
  std::string finish();

 private:
  /// libcrypto's EVP_MD_CTX.
  std::shared_ptr<void> context_;
};

/// SHA-256 of the bytes, as 64 hexadecimal digits (FIPS 180-4).
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view bytes);

/// Bytes as base64 (RFC 4648).
std::string base64_encode(std::string_view bytes);

} // namespace microfiche
