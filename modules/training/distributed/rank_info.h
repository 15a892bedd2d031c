#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace microfiche::training {

/// The rank of a process among those that train one model, and how it reaches
/// them.
struct RankInfo {
  int64_t rank = 0;
  int64_t size = 1;

  /// The rank within its machine; the index of its GPU.
  int64_t local_rank = 0;

  /// Address of the store that all processes share. `torchrun` runs the store
  /// if `has_agent_store`, rank 0 otherwise.
  std::string store_host = "127.0.0.1";
  uint16_t store_port = 29500;
  bool has_agent_store = false;

  /// How often `torchrun` has restarted the processes.
  int64_t restarts = 0;

  /// A process without a heartbeat for this long is lost.
  std::chrono::seconds timeout{15};
};

/// Reads RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT and
/// TORCHELASTIC_*. Returns nothing if WORLD_SIZE is not set. Throws
/// `InputError` naming the variable that is missing or no number.
std::optional<RankInfo> rank_info_from_environment();

/// This machine's address as processes on other machines see it: that of the
/// network through which `host` is reached. Throws `InputError` for an unknown
/// host name.
std::string address_towards(const std::string& host);

} // namespace microfiche::training
