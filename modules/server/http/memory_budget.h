#pragma once

#include <atomic>
#include <cstdint>

namespace microfiche::server {

/// The bytes that all requests together may hold while they wait.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t most_bytes) : most_(most_bytes) {}

  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// What one request holds. Gives it back at its end.
  class Share {
   public:
    explicit Share(MemoryBudget& budget) : budget_(budget) {}
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Throws `ApiError`: status 413 if the request alone needs more than all,
    /// 503 if the others hold too much.
    void add(int64_t bytes);

    /// Gives a part back.
    void give_back(int64_t bytes);

   private:
    MemoryBudget& budget_;
    int64_t held_ = 0;
  };

 private:
  const int64_t most_;
  std::atomic<int64_t> held_ = 0;
};

} // namespace microfiche::server
