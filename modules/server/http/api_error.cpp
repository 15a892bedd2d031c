#include "server/http/api_error.h"

#include "core/utf8.h"

#include <utility>

namespace microfiche::server {
namespace {

const char* type_of(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 408:
    case 504:
      return "timeout_error";
    case 429:
      return "rate_limit_error";
    default:
      return status < 500 ? "invalid_request_error" : "server_error";
  }
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

} // namespace

ApiError::ApiError(
    int status_,
    const std::string& message,
    std::string param_,
    std::string code_)
    : Error(ExitCode::kFailure, message),
      status(status_),
      param(std::move(param_)),
      code(std::move(code_)) {}

Json error_json(const ApiError& error) {
  return {
      {"error",
       {{"message", replace_invalid_utf8(error.what())},
        {"type", type_of(error.status)},
        {"param", text_or_null(error.param)},
        {"code", text_or_null(error.code)}}}};
}

ApiError as_api_error(const std::exception& error) {
  if (const auto* api = dynamic_cast<const ApiError*>(&error)) {
    return *api;
  }
  const bool is_clients = dynamic_cast<const InputError*>(&error) != nullptr ||
      dynamic_cast<const UsageError*>(&error) != nullptr;
  return {is_clients ? 400 : 500, error.what()};
}

} // namespace microfiche::server
