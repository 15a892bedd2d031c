#pragma once

#include "model/loaded_model.h"
#include "server/http/server_config.h"

namespace microfiche::server {

/// Serves a model over HTTP until a stop signal: /v1/models,
/// /v1/chat/completions, /health, /metrics, and the playground at /. Prints one
/// line with the address to standard output. On a signal, it
/// refuses new requests, finishes those that are running, and throws
/// `Interrupted`.
///
/// Throws `UsageError` for a config that `validate` refuses and for an address
/// that cannot be used, and `InputError` for a store that cannot be opened.
void serve(model::LoadedModel& loaded, const ServerConfig& config);

} // namespace microfiche::server
