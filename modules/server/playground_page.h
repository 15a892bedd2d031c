#pragma once

#include <string>

namespace microfiche::server {

/// The playground as one HTML document, made of playground/playground.html,
/// .css and .js.
const std::string& playground_page();

/// Its content security policy: no other script than its own, and no request to
/// another server.
const std::string& playground_policy();

} // namespace microfiche::server
