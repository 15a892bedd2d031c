#pragma once

#include "core/error.h"
#include "core/json.h"

#include <string>

namespace microfiche::server {

/// An error that a client of the API gets, in OpenAI's JSON shape.
struct ApiError : Error {
  /// `param` is the field of the request that is wrong, or empty. `code` is a
  /// word for programs, or empty.
  ApiError(
      int status,
      const std::string& message,
      std::string param = "",
      std::string code = "");

  int status;
  std::string param;
  std::string code;
};

/// {"error": {"message", "type", "param", "code"}}. `type` follows from the
/// status: "invalid_request_error", "authentication_error",
/// "rate_limit_error", "server_error" ...
Json error_json(const ApiError& error);

/// The error as a client gets it: an `ApiError` itself, status 400 for an
/// `InputError` and a `UsageError`, and 500 for all others.
ApiError as_api_error(const std::exception& error);

} // namespace microfiche::server
