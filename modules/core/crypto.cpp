#include "core/crypto.h"

#include "core/error.h"

#include <openssl/evp.h>

#include <array>

namespace microfiche {
namespace {

EVP_MD_CTX* digest_context(const std::shared_ptr<void>& context) {
  return static_cast<EVP_MD_CTX*>(context.get());
}

void check_digest(int result) {
  if (result != 1) {
    throw Error(
        ExitCode::kFailure,
        "libcrypto refused to compute SHA-256; does an openssl.cnf forbid it?");
  }
}

} // namespace

Sha256Stream::Sha256Stream()
    : context_(EVP_MD_CTX_new(), [](void* context) {
        EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
      }) {
  check_digest(
      EVP_DigestInit_ex(digest_context(context_), EVP_sha256(), nullptr));
}

void Sha256Stream::add(std::span<const std::byte> bytes) {
  check_digest(
      EVP_DigestUpdate(digest_context(context_), bytes.data(), bytes.size()));
}

std::string Sha256Stream::finish() {
  std::array<unsigned char, 32> digest;
  check_digest(
      EVP_DigestFinal_ex(digest_context(context_), digest.data(), nullptr));
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

std::string sha256(std::span<const std::byte> bytes) {
  Sha256Stream stream;
  stream.add(bytes);
  return stream.finish();
}

std::string sha256(std::string_view bytes) {
  return sha256(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

std::string base64_encode(std::string_view bytes) {
  // libcrypto writes a NUL after the digits.
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(encoded.data()),
      reinterpret_cast<const unsigned char*>(bytes.data()),
      static_cast<int>(bytes.size()));
  encoded.pop_back();
  return encoded;
}

} // namespace microfiche
