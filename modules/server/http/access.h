#pragma once

#include "server/http/server_config.h"

#include <string>

namespace microfiche::server {

/// The headers of a request that decide who may ask. Empty: not sent.
struct AccessHeaders {
  std::string host;
  std::string origin;
  std::string fetch_site;
  std::string fetch_mode;
  std::string authorization;
};

// Note [Other web sites]
// A page of any web site can make a browser send requests to this machine. So a
// request is refused if its Host is a name that is not this server's (a site
// can give its own name our address), if its Origin is another one, and if the
// browser says that another site sends it, unless a user follows a link to the
// playground. No answer allows another origin to read it.

/// Throws `ApiError` with status 403 for a request from another web site; see
/// Note [Other web sites]. With an address that other machines reach, any Host
/// is allowed: there the key protects.
void check_site(const AccessHeaders& headers, const ServerConfig& config);

/// Throws `ApiError` with status 401 unless the request has the server's key as
/// "Bearer KEY". Compares in constant time.
void check_key(const AccessHeaders& headers, const ServerConfig& config);

} // namespace microfiche::server
