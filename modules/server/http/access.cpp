#include "server/http/access.h"

#include "server/http/api_error.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace microfiche::server {
namespace {

/// The name of "name:port" and "[address]:port", in lower case.
std::string host_name(std::string_view host) {
  const auto bracket = host.rfind(']');
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos &&
      (bracket == std::string_view::npos || colon > bracket)) {
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  std::string name(host);
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return name;
}

ApiError foreign(const std::string& message) {
  return {403, message, "", "foreign_site"};
}

} // namespace

void check_site(const AccessHeaders& headers, const ServerConfig& config) {
  const auto name = host_name(headers.host);
  if (is_loopback(config.host) && !is_loopback(name) && name != config.host) {
    throw foreign(
        "the Host header names another server; use the address that this "
        "server printed");
  }
  // https is that of a proxy before this server.
  if (!headers.origin.empty() && headers.origin != "http://" + headers.host &&
      headers.origin != "https://" + headers.host) {
    throw foreign("the request comes from another web site");
  }
  const bool own = headers.fetch_site.empty() ||
      headers.fetch_site == "same-origin" || headers.fetch_site == "none";
  if (!own && headers.fetch_mode != "navigate") {
    throw foreign("the request comes from another web site");
  }
}

void check_key(const AccessHeaders& headers, const ServerConfig& config) {
  if (config.api_key.empty()) {
    return;
  }
  const std::string expected = "Bearer " + config.api_key;
  const auto& given = headers.authorization;
  unsigned difference = given.size() == expected.size() ? 0 : 1;
  for (size_t i = 0; i < expected.size(); ++i) {
    const char c = i < given.size() ? given[i] : '\0';
    difference |= static_cast<unsigned char>(c ^ expected[i]);
  }
  if (difference != 0) {
    throw ApiError(
        401,
        "the API key is missing or wrong; send the server's --api-key as "
        "\"Authorization: Bearer KEY\"",
        "",
        "invalid_api_key");
  }
}

} // namespace microfiche::server
