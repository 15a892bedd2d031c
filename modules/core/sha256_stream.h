#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace microfiche {

/// SHA-256 of bytes that come piece by piece.
class Sha256Stream {
 public:
  Sha256Stream();

  void add(std::span<const std::byte> bytes);

  /// The hash of all that was added, as 64 hexadecimal digits. Ends the stream.
  std::string finish();

 private:
  /// libcrypto's EVP_MD_CTX.
  std::shared_ptr<void> context_;
};

} // namespace microfiche
