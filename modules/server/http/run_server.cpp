#include "server/http/run_server.h"

#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"

#include <chrono>
#include <thread>

namespace microfiche::server {
namespace {

using Access = HttpServer::Access;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStopCheck{20};

/// Time to send the last answers: their clients may be slow.
constexpr std::chrono::seconds kLastAnswers{10};

Json models_json(const std::string& name) {
  return {
      {"object", "list"},
      {"data",
       Json::array(
           {{{"id", name},
             {"object", "model"},
             {"created", 0},
             {"owned_by", "microfiche"}}})}};
}

void print_address(
    const std::string& model_name,
    const std::string& host,
    int64_t port) {
  const bool brackets = host.find(':') != std::string::npos;
  write_file(
      "-",
      concat(
          "serving ",
          model_name,
          " on http://",
          brackets ? "[" : "",
          host,
          brackets ? "]" : "",
          ":",
          port,
          "/\n"));
}

} // namespace

void add_common_routes(
    HttpServer& http,
    const std::string& model_name,
    ServerMetrics& metrics) {
  http.get("/health", Access::kPublic, [](const auto&, auto& response) {
    set_json(response, {{"status", "ok"}});
  });
  http.get("/metrics", Access::kKey, [&metrics](const auto&, auto& response) {
    response.set_content(
        metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
  });
  http.get(
      "/v1/models", Access::kKey, [model_name](const auto&, auto& response) {
        set_json(response, models_json(model_name));
      });
}

void run_until_stopped(
    HttpServer& http,
    const ServerConfig& config,
    const std::string& model_name,
    const ServerMetrics& metrics,
    const std::function<void()>& finish_requests) {
  const int64_t port = http.bind();
  std::thread thread([&http] { http.serve(); });
  while (!http.is_running()) {
    std::this_thread::sleep_for(kStopCheck);
  }
  print_address(model_name, config.host, port);
  while (!stop_requested() && http.is_running()) {
    std::this_thread::sleep_for(kStopCheck);
  }
  http.drain();
  finish_requests();
  const auto deadline = steady_clock::now() + kLastAnswers;
  while (metrics.open_connections > 0 && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kStopCheck);
  }
  http.stop();
  thread.join();
}

} // namespace microfiche::server
