#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace microfiche::training {

/// Where a process stands among those that train one model.
struct ProcessPlace {
  int64_t rank = 0;
  int64_t size = 1;

  /// Among those of its machine; the index of its GPU.
  int64_t local_rank = 0;

  /// Where the store is. It is kept by rank 0, or by `torchrun` itself.
  std::string store_host = "127.0.0.1";
  uint16_t store_port = 29500;
  bool has_agent_store = false;

  /// How often `torchrun` has started them anew.
  int64_t restarts = 0;

  /// How long a process may show no sign of life.
  std::chrono::seconds patience{15};
};

/// The place that RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT and
/// TORCHELASTIC_* give; nothing where WORLD_SIZE is not set. Throws
/// `InputError` naming the variable that is missing or no number.
std::optional<ProcessPlace> process_place_from_environment();

/// This machine's address as processes of other machines see it: that of the
/// network through which `host` is reached. Throws `InputError` for a name that
/// is not known.
std::string address_towards(const std::string& host);

} // namespace microfiche::training
