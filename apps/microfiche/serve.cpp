#include "command.h"

#include "server/server.h"

#include <memory>

namespace microfiche::apps {
namespace {

struct ServeArguments {
  CommonArguments common;
  server::ServerConfig server;
};

void run_serve(const ServeArguments& arguments) {
  // Before the model is loaded, which may take minutes.
  server::validate(arguments.server);
  auto loaded = open_model(arguments.common);
  server::serve(loaded, arguments.server);
}

} // namespace

void add_serve(CLI::App& app) {
  auto arguments = std::make_shared<ServeArguments>();
  auto& server = arguments->server;
  auto* command = app.add_subcommand(
      "serve",
      "microfiche serve\n"
      "microfiche serve --model DeepSeek-OCR --port 9000 --batch 16\n\n"
      "Serves the model over HTTP: OpenAI's /v1/chat/completions and "
      "/v1/models, /health, /metrics for Prometheus, and at / a playground for "
      "a browser. Requests share one batch. Ctrl-C or SIGTERM finishes those "
      "that are running.");
  command->add_option("--host", server.host, "Address to listen on")
      ->capture_default_str();
  command->add_option("--port", server.port, "Port to listen on; 0: any free")
      ->capture_default_str();
  command
      ->add_option(
          "--api-key",
          server.api_key,
          "Key that clients must send; needed for an address that other "
          "machines reach")
      ->envname("MICROFICHE_API_KEY")
      ->type_name("KEY");
  command
      ->add_option(
          "--store",
          server.store,
          "Store of `memory` whose timeline the playground shows")
      ->type_name("FILE");
  add_mode_option(*command, server.mode);
  command
      ->add_option(
          "--batch",
          server.batch,
          "Requests to read at the same time; a finished one makes room for "
          "the next")
      ->capture_default_str();
  command
      ->add_option(
          "--queue",
          server.queue,
          "Requests that may wait for a row; one more gets status 429")
      ->capture_default_str();
  command
      ->add_option(
          "--queue-memory",
          server.queue_memory_mib,
          "Memory for pages of waiting requests and for drafts; a request "
          "beyond it gets status 503")
      ->type_name("MIB")
      ->capture_default_str();
  command
      ->add_option(
          "--connections",
          server.connections,
          "Connections to serve at the same time")
      ->capture_default_str();
  command
      ->add_option(
          "--time-limit",
          server.request_seconds,
          "Seconds for a request, from its arrival to its last token")
      ->capture_default_str();
  add_model_options(*command, arguments->common);
  add_window_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_serve(*arguments); });
}

} // namespace microfiche::apps
