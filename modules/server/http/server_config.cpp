#include "server/http/server_config.h"

#include "core/error.h"

#include <arpa/inet.h>

namespace microfiche::server {

namespace {

/// A week.
constexpr double kMaxSeconds = 604800;

/// A terabyte.
constexpr int64_t kMaxMib = int64_t{1} << 20;

} // namespace

bool is_loopback(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) {
    return ntohl(address.s_addr) >> 24 == 127;
  }
  return host == "localhost" || host == "::1";
}

void validate(const ServerConfig& config) {
  check<UsageError>(
      is_loopback(config.host) || !config.api_key.empty(),
      "--host ",
      config.host,
      ": other machines could use this address; give a key with --api-key, or "
      "leave --host out");
  check<UsageError>(
      config.port >= 0 && config.port <= 65535,
      "--port: expected 0 to 65535, got ",
      config.port);
  check<UsageError>(
      config.batch >= 1 && config.queue >= 0 && config.connections >= 2,
      "expected --batch of at least 1, --queue of at least 0 and "
      "--connections of at least 2, got ",
      config.batch,
      ", ",
      config.queue,
      " and ",
      config.connections);
  check<UsageError>(
      config.queue_memory_mib >= 1 && config.queue_memory_mib <= kMaxMib,
      "--queue-memory: expected 1 to ",
      kMaxMib,
      " MiB, got ",
      config.queue_memory_mib);
  check<UsageError>(
      config.request_seconds > 0 && config.request_seconds <= kMaxSeconds,
      "--time-limit: expected more than 0 and at most ",
      kMaxSeconds,
      " seconds, got ",
      config.request_seconds);
}

} // namespace microfiche::server
