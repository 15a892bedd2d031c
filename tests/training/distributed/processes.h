#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace microfiche::tests {

// A process group needs processes. Each runs a disabled test in a new instance
// of this program, started like torchrun does.

inline uint16_t free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  close(listener);
  return ntohs(address.sin_port);
}

/// Starts `size` processes with a test of this program each, with the
/// store at `store_port`, and returns the status of each, as from `waitpid`.
inline std::vector<int> run_processes(
    const std::string& test,
    int64_t size,
    uint16_t store_port = free_port()) {
  const auto port = std::to_string(store_port);
  std::vector<pid_t> processes;
  for (int64_t rank = 0; rank < size; ++rank) {
    const pid_t process = fork();
    if (process == 0) {
      const auto number = std::to_string(rank);
      setenv("RANK", number.c_str(), 1);
      setenv("LOCAL_RANK", number.c_str(), 1);
      setenv("WORLD_SIZE", std::to_string(size).c_str(), 1);
      setenv("MASTER_ADDR", "127.0.0.1", 1);
      setenv("MASTER_PORT", port.c_str(), 1);
      unsetenv("GTEST_OUTPUT");
      const auto filter = "--gtest_filter=" + test;
      execl(
          "/proc/self/exe",
          "training_test",
          filter.c_str(),
          "--gtest_also_run_disabled_tests",
          "--gtest_brief=1",
          nullptr);
      _exit(127);
    }
    processes.push_back(process);
  }
  std::vector<int> ends;
  for (const pid_t process : processes) {
    int end = 0;
    waitpid(process, &end, 0);
    ends.push_back(end);
  }
  return ends;
}

} // namespace microfiche::tests
