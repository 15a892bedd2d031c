#pragma once

#include <cstdint>
#include <string>

namespace microfiche::server {

/// What `serve` listens on, and its limits.
struct ServerConfig {
  /// An address of this machine. Another one than the loopback address needs
  /// `api_key`.
  std::string host = "127.0.0.1";

  /// 0: any free port.
  int64_t port = 8080;

  /// Clients must send it as a bearer token; empty: any key is accepted.
  std::string api_key;

  /// A store of `memory`, for the playground's timeline; empty: none.
  std::string store;

  /// The mode of requests that name none; empty: the model's own.
  std::string mode;

  /// Requests that are read at the same time, and that wait for it. One more
  /// is answered with status 429.
  int64_t batch = 8;
  int64_t queue = 64;

  /// Open connections that are served at the same time.
  int64_t connections = 256;

  int64_t max_body_bytes = int64_t{32} << 20;
  int64_t max_images = 16;

  /// Of all messages together: the batch waits while a prompt is tokenized.
  int64_t max_prompt_bytes = int64_t{1} << 20;

  /// Per image.
  int64_t max_pixels = int64_t{1} << 26;

  /// Of all texts of a request's draft.
  int64_t max_draft_bytes = int64_t{1} << 20;

  /// Memory of the decoded pages of all waiting requests, and of the drafts of
  /// all requests. One more request is answered with status 503.
  int64_t queue_memory_mib = 512;

  /// Text of a streamed answer that a slow client has not taken yet. A request
  /// with more ends.
  int64_t max_buffer_bytes = int64_t{1} << 20;

  /// Time for the headers and the body of a request to arrive, and for an idle
  /// connection to send the next request.
  double header_seconds = 10;
  double body_seconds = 60;
  double idle_seconds = 5;

  /// Time for a request from its arrival to its last token.
  double request_seconds = 300;
};

/// Throws `UsageError` for numbers out of range, and for an address that other
/// machines reach without `api_key`.
void validate(const ServerConfig& config);

/// Whether only programs on this machine reach the address: "localhost", "::1",
/// and "127." with three more numbers.
bool is_loopback(const std::string& host);

} // namespace microfiche::server
