#pragma once

// Only for the sources of the server: it shows cpp-httplib's types.

#include "server/http/http_server.h"
#include "server/http/server_config.h"
#include "server/http/server_metrics.h"

#include <functional>
#include <string>

namespace microfiche::server {

/// Adds what needs no model: /health, /metrics, and /v1/models with one model
/// of this name.
void add_common_routes(
    HttpServer& http,
    const std::string& model_name,
    ServerMetrics& metrics);

/// Listens, prints one line with the address to standard output, and serves
/// until a stop signal. Then closes each connection after its answer;
/// `finish_requests` must refuse new requests and return when the running ones
/// have ended. Throws as `HttpServer::bind`.
void run_until_stopped(
    HttpServer& http,
    const ServerConfig& config,
    const std::string& model_name,
    const ServerMetrics& metrics,
    const std::function<void()>& finish_requests);

} // namespace microfiche::server
