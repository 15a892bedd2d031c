#include "server/server.h"

#include "core/error.h"
#include "core/stop_signal.h"
#include "memory/store.h"
#include "server/batch_worker.h"
#include "server/chat_endpoint.h"
#include "server/http/api_error.h"
#include "server/http/http_server.h"
#include "server/http/memory_budget.h"
#include "server/http/run_server.h"
#include "server/http/server_metrics.h"
#include "server/page_loader.h"
#include "server/playground_api.h"
#include "server/playground_page.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace microfiche::server {
namespace {

using Access = HttpServer::Access;

/// What a client calls the model: the name of its folder.
std::string model_name(const model::LoadedModel& loaded) {
  const auto folder =
      std::filesystem::weakly_canonical(loaded.folder).filename().string();
  return folder.empty() ? "model" : folder;
}

/// Everything that serves one model, declared in the order of its use.
class Service {
 public:
  Service(model::LoadedModel& loaded, const ServerConfig& config)
      : config_(config),
        name_(model_name(loaded)),
        loader_(config_),
        memory_(config_.queue_memory_mib << 20),
        batch_(loaded, config_, metrics_),
        chat_(
            loaded,
            name_,
            config_,
            batch_.queue(),
            loader_,
            memory_,
            metrics_),
        playground_(loaded, name_, config_, loader_),
        http_(config_, metrics_) {
    add_api();
    add_playground();
  }

  void run() {
    run_until_stopped(
        http_, config_, name_, metrics_, [this] { batch_.stop(); });
  }

 private:
  void add_api() {
    add_common_routes(http_, name_, metrics_);
    http_.post(
        "/v1/chat/completions",
        "application/json",
        config_.max_body_bytes,
        [this](const auto& request, auto& response) {
          chat_.answer(request, response);
        });
  }

  void add_playground() {
    http_.get("/", Access::kPublic, [](const auto&, auto& response) {
      response.set_header("Content-Security-Policy", playground_policy());
      response.set_content(playground_page(), "text/html; charset=utf-8");
    });
    http_.get(
        "/playground/setup", Access::kKey, [this](const auto&, auto& response) {
          set_json(response, playground_.setup());
        });
    http_.get(
        "/playground/timeline",
        Access::kKey,
        [this](const auto&, auto& response) {
          response.set_header(
              "Content-Security-Policy", "sandbox; frame-ancestors 'self'");
          response.set_content(
              playground_.timeline(), "text/html; charset=utf-8");
        });
    http_.post(
        "/playground/page",
        "application/json",
        PlaygroundApi::kMaxJsonBytes,
        [this](const auto& request, auto& response) {
          set_json(response, playground_.make_page(request.body));
        });
    http_.post(
        "/playground/compare",
        "application/json",
        PlaygroundApi::kMaxJsonBytes,
        [this](const auto& request, auto& response) {
          set_json(response, playground_.compare(request.body));
        });
    http_.post(
        "/playground/document",
        "application/octet-stream",
        config_.max_body_bytes,
        [this](const auto& request, auto& response) {
          const auto page = request.get_param_value("page");
          set_json(
              response,
              playground_.load_page(
                  request.body,
                  std::max(1L, std::strtol(page.c_str(), nullptr, 10))));
        });
  }

  const ServerConfig config_;
  const std::string name_;
  ServerMetrics metrics_;
  PageLoader loader_;
  MemoryBudget memory_;
  BatchWorker batch_;
  ChatEndpoint chat_;
  PlaygroundApi playground_;
  HttpServer http_;
};

} // namespace

void serve(model::LoadedModel& loaded, const ServerConfig& config) {
  validate(config);
  loaded.find_mode(config.mode);
  loaded.tokenizer();
  if (!config.store.empty()) {
    memory::Store(config.store, memory::Store::Mode::kRead);
  }
  Service(loaded, config).run();
  try {
    throw_if_stop_requested();
  } catch (const Interrupted& signal) {
    throw Interrupted(
        signal.exit_code(), "stopped; the running requests were finished");
  }
}

} // namespace microfiche::server
