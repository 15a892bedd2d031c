#pragma once

// Only for the sources of the server: it shows cpp-httplib's types.

#include "core/json.h"
#include "server/http/connection.h"
#include "server/http/server_config.h"
#include "server/http/server_metrics.h"

#include <httplib.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace microfiche::server {

/// A request that was routed, and its answer.
using HttpHandler =
    std::function<void(const httplib::Request&, httplib::Response&)>;

/// HTTP/1.1 with the limits of Note [Time of a connection], the checks of Note
/// [Other web sites], errors in the API's JSON shape, and one line per request
/// in the log: method, route, status and time, never content.
class HttpServer : private httplib::Server {
 public:
  HttpServer(const ServerConfig& config, ServerMetrics& metrics);

  /// Who may ask for a route.
  enum class Access { kPublic, kKey };

  void get(const std::string& path, Access access, HttpHandler handler);

  /// `media_type` is what the body must be; it has at most `max_body_bytes`.
  void post(
      const std::string& path,
      const std::string& media_type,
      int64_t max_body_bytes,
      HttpHandler handler);

  /// Listens. Returns the port. Throws `Error` for an address that cannot be
  /// used, such as a port in use.
  int64_t bind();

  /// Serves until `stop`.
  void serve();

  /// From now on each connection is closed after its answer.
  void drain();

  /// Ends `serve`. cpp-httplib cuts streams that are still running.
  void stop();

  using httplib::Server::is_running;

 private:
  struct Route {
    Access access = Access::kKey;
    std::string method;
    std::string media_type;
    int64_t max_body_bytes = 0;
  };

  bool process_and_close_socket(socket_t socket) override;
  void check_request(const httplib::Request& request) const;
  HandlerResponse before(const httplib::Request& request);
  void log(const httplib::Request& request, const httplib::Response& response);

  const ServerConfig& config_;
  ServerMetrics& metrics_;
  std::map<std::string, Route> routes_;
  std::atomic<int64_t> bytes_in_memory_ = 0;
  std::atomic<int64_t> waiting_connections_ = 0;
  std::atomic<bool> stopping_ = false;
};

/// Answers with JSON.
void set_json(httplib::Response& response, const Json& json, int status = 200);

} // namespace microfiche::server
