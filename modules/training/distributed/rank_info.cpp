#include "training/distributed/rank_info.h"

#include "core/error.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <memory>

namespace microfiche::training {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  check(
      value != nullptr && *value != '\0',
      "WORLD_SIZE is set but ",
      name,
      " is not; start the processes with torchrun, or set RANK, WORLD_SIZE, "
      "LOCAL_RANK, MASTER_ADDR and MASTER_PORT for each");
  return value;
}

int64_t
number(const char* name, int64_t low, int64_t high, const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, failure] = std::from_chars(text.data(), end, value);
  check(
      failure == std::errc() && parsed == end && value >= low && value <= high,
      "environment variable ",
      name,
      ": expected a number from ",
      low,
      " to ",
      high,
      ", got '",
      text,
      "'");
  return value;
}

int64_t number(const char* name, int64_t low, int64_t high) {
  return number(name, low, high, variable(name));
}

int64_t number_or(const char* name, int64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : number(name, 0, 1 << 20, text);
}

} // namespace

std::optional<RankInfo> rank_info_from_environment() {
  if (std::getenv("WORLD_SIZE") == nullptr) {
    return std::nullopt;
  }
  RankInfo info;
  info.size = number("WORLD_SIZE", 1, 1 << 20);
  info.rank = number("RANK", 0, info.size - 1);
  info.local_rank = number("LOCAL_RANK", 0, info.size - 1);
  info.store_host = variable("MASTER_ADDR");
  info.store_port = static_cast<uint16_t>(number("MASTER_PORT", 1, 65535));
  const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
  info.has_agent_store = agent != nullptr && std::string(agent) == "True";
  info.restarts = number_or("TORCHELASTIC_RESTART_COUNT", 0);
  return info;
}

std::string address_towards(const std::string& host) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  // Any port works: connecting a datagram socket sends nothing and only looks
  // up the route.
  const int failure = ::getaddrinfo(host.c_str(), "9", &hints, &found);
  check(
      failure == 0,
      "environment variable MASTER_ADDR: ",
      host,
      " is an unknown host name: ",
      ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> routes(
      found, ::freeaddrinfo);
  for (const auto* route = found; route != nullptr; route = route->ai_next) {
    const int probe =
        ::socket(route->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, /*protocol=*/0);
    if (probe < 0) {
      continue;
    }
    sockaddr_storage own = {};
    socklen_t size = sizeof own;
    char address[NI_MAXHOST] = "";
    const bool is_known =
        ::connect(probe, route->ai_addr, route->ai_addrlen) == 0 &&
        ::getsockname(probe, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
        ::getnameinfo(
            reinterpret_cast<sockaddr*>(&own),
            size,
            address,
            sizeof address,
            nullptr,
            0,
            NI_NUMERICHOST) == 0;
    ::close(probe);
    if (is_known) {
      return address;
    }
  }
  throw InputError(concat(
      "environment variable MASTER_ADDR: no network of this machine reaches ",
      host));
}

} // namespace microfiche::training
