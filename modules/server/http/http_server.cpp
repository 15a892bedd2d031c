#include "server/http/http_server.h"

#include "core/error.h"
#include "core/terminal.h"
#include "server/http/access.h"
#include "server/http/api_error.h"
#include "server/http/connection_threads.h"

#include <sys/socket.h>

#include <cctype>
#include <chrono>
#include <cstring>
#include <utility>

namespace microfiche::server {
namespace {

thread_local std::chrono::steady_clock::time_point request_start;

AccessHeaders access_headers(const httplib::Request& request) {
  return {
      request.get_header_value("Host"),
      request.get_header_value("Origin"),
      request.get_header_value("Sec-Fetch-Site"),
      request.get_header_value("Sec-Fetch-Mode"),
      request.get_header_value("Authorization")};
}

/// Without parameters, in small letters.
std::string media_type(const std::string& header) {
  auto type = header.substr(0, header.find(';'));
  type.erase(type.find_last_not_of(' ') + 1);
  for (auto& c : type) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return type;
}

/// What cpp-httplib, or the connection, found wrong before a handler ran.
ApiError transport_error(int status) {
  using Failure = Connection::Failure;
  const auto* connection = Connection::current();
  switch (connection ? connection->failure() : Failure::kNone) {
    case Failure::kTooSlow:
      return {408, "the request took too long to arrive"};
    case Failure::kFull:
      return {
          503,
          "the server holds as many large requests as it may; try again later",
          "",
          "memory_full"};
    case Failure::kAddressTooLong:
      status = 414;
      break;
    case Failure::kHeadersTooLarge:
      status = 431;
      break;
    case Failure::kBodyTooLarge:
      status = 413;
      break;
    case Failure::kNone:
      break;
  }
  switch (status) {
    case 400:
      return {status, "the request is not valid HTTP"};
    case 413:
      return {status, "the request is too large"};
    case 414:
      return {status, "the address is too long"};
    case 431:
      return {status, "the headers are too large"};
    default:
      return {status, "the request cannot be answered"};
  }
}

void set_error(httplib::Response& response, const ApiError& error) {
  // Rows, memory and slots become free within seconds.
  if (error.status == 429 || error.status == 503) {
    response.set_header("Retry-After", "1");
  }
  set_json(response, error_json(error), error.status);
}

/// The bytes of an answer that cpp-httplib does not give: it closes when the
/// first line of a request does not end.
std::string raw_answer(const ApiError& error) {
  const auto body = error_json(error).dump();
  return concat(
      "HTTP/1.1 ",
      error.status,
      " Error\r\nContent-Type: application/json\r\nContent-Length: ",
      body.size(),
      "\r\nConnection: close\r\n\r\n",
      body);
}

} // namespace

void set_json(httplib::Response& response, const Json& json, int status) {
  response.status = status;
  response.set_content(
      json.dump(-1, ' ', false, Json::error_handler_t::replace),
      "application/json");
}

HttpServer::HttpServer(const ServerConfig& config, ServerMetrics& metrics)
    : config_(config), metrics_(metrics) {
  new_task_queue = [this] {
    return new ConnectionThreads(config_.connections, waiting_connections_);
  };
  set_payload_max_length(static_cast<size_t>(config.max_body_bytes));
  // What the Keep-Alive header states: `wait_for_request` decides.
  set_keep_alive_timeout(static_cast<time_t>(config.idle_seconds));
  set_keep_alive_max_count(1'000'000);
  // Without SO_REUSEPORT, with which two servers would share a port.
  set_socket_options([](socket_t socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  });
  set_default_headers({{"X-Content-Type-Options", "nosniff"}});
  set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        try {
          return before(request);
        } catch (const ApiError& error) {
          // The body has not been read.
          Connection::current()->close_after_answer();
          response.set_header("Connection", "close");
          set_error(response, error);
          return HandlerResponse::Handled;
        }
      });
  set_exception_handler([](const httplib::Request&,
                           httplib::Response& response,
                           std::exception_ptr thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      set_error(response, as_api_error(error));
    }
  });
  set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) {
      set_error(response, transport_error(response.status));
    }
  });
  set_logger(
      [this](const httplib::Request& request, const httplib::Response& answer) {
        log(request, answer);
      });
}

void HttpServer::get(
    const std::string& path,
    Access access,
    HttpHandler handler) {
  routes_[path] = {access, "GET", "", 0};
  Get(path, std::move(handler));
}

void HttpServer::post(
    const std::string& path,
    const std::string& media_type,
    int64_t max_body_bytes,
    HttpHandler handler) {
  routes_[path] = {Access::kKey, "POST", media_type, max_body_bytes};
  Post(path, std::move(handler));
}

/// Refuses what no handler may see, before the body is read.
void HttpServer::check_request(const httplib::Request& request) const {
  const auto headers = access_headers(request);
  check_site(headers, config_);
  const auto route = routes_.find(request.path);
  if (route == routes_.end()) {
    check_key(headers, config_);
    throw ApiError(404, "this server has no such path");
  }
  if (route->second.access == Access::kKey) {
    check_key(headers, config_);
  }
  const auto& method = route->second.method;
  if (request.method != method &&
      !(request.method == "HEAD" && method == "GET")) {
    throw ApiError(405, concat("expected ", method, " ", request.path));
  }
  // Behind a proxy, a body that one of the two does not read would be taken for
  // the next request.
  const bool chunked = request.has_header("Transfer-Encoding");
  if (request.get_header_value_count("Host") > 1 ||
      request.get_header_value_count("Content-Length") > 1 ||
      (chunked && request.has_header("Content-Length"))) {
    throw ApiError(400, "the request has contradicting headers");
  }
  const auto length = request.get_header_value("Content-Length");
  if (method == "GET" && (chunked || (!length.empty() && length != "0"))) {
    throw ApiError(400, concat(request.path, " takes no body"));
  }
  if (method == "POST" && !chunked && length.empty()) {
    throw ApiError(411, "the request has no Content-Length");
  }
  // A small compressed body can become a large one.
  if (request.has_header("Content-Encoding")) {
    throw ApiError(415, "a compressed body is not supported");
  }
  if (method == "POST") {
    if (media_type(request.get_header_value("Content-Type")) !=
        route->second.media_type) {
      throw ApiError(
          415, concat("expected Content-Type: ", route->second.media_type));
    }
    if (std::strtoull(length.c_str(), nullptr, 10) >
        static_cast<uint64_t>(route->second.max_body_bytes)) {
      throw ApiError(
          413,
          concat(
              "the body has ",
              length.substr(0, 20),
              " bytes, at most ",
              route->second.max_body_bytes,
              " are allowed"));
    }
  }
}

httplib::Server::HandlerResponse HttpServer::before(
    const httplib::Request& request) {
  check_request(request);
  Connection::current()->begin_body(routes_.at(request.path).max_body_bytes);
  return HandlerResponse::Unhandled;
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  Connection connection(socket, config_, bytes_in_memory_);
  ++metrics_.open_connections;
  // Another connection may need the thread of an idle one.
  const auto give_up = [this](Connection::Clock::duration idle) {
    return stopping_ ||
        (waiting_connections_ > 0 && idle > std::chrono::seconds(1));
  };
  while (connection.wait_for_request(give_up)) {
    request_start = std::chrono::steady_clock::now();
    bool closed = false;
    const bool done = process_request(
        connection, stopping_ || connection.closing(), closed, nullptr);
    if (connection.failure() != Connection::Failure::kNone &&
        !connection.has_answered()) {
      const auto error = transport_error(400);
      const auto answer = raw_answer(error);
      connection.write(answer.data(), answer.size());
      metrics_.count_request("other", error.status);
    }
    if (!done || closed || connection.closing()) {
      break;
    }
  }
  connection.close();
  --metrics_.open_connections;
  return true;
}

void HttpServer::log(
    const httplib::Request& request,
    const httplib::Response& response) {
  // Paths and methods of strangers are content.
  const bool known = routes_.contains(request.path);
  const std::string route = known ? request.path : "other";
  metrics_.count_request(route, response.status);
  const std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - request_start;
  const bool common = request.method == "GET" || request.method == "POST";
  say(concat(
      common ? request.method : "-",
      " ",
      route,
      " ",
      response.status,
      " ",
      static_cast<int64_t>(seconds.count() * 1000),
      " ms"));
}

int64_t HttpServer::bind() {
  const auto port = static_cast<int>(config_.port);
  const int bound = port == 0            ? bind_to_any_port(config_.host)
      : bind_to_port(config_.host, port) ? port
                                         : -1;
  check<UsageError>(
      bound > 0,
      "cannot listen on ",
      config_.host,
      ":",
      config_.port,
      ": ",
      std::strerror(errno),
      "; choose another --port or --host");
  // The library's own queue of 5 makes many clients wait a second.
  ::listen(svr_sock_, SOMAXCONN);
  return bound;
}

void HttpServer::serve() {
  listen_after_bind();
}

void HttpServer::drain() {
  stopping_ = true;
}

void HttpServer::stop() {
  stopping_ = true;
  httplib::Server::stop();
}

} // namespace microfiche::server
