#include "server/http/memory_budget.h"

#include "server/http/api_error.h"

namespace microfiche::server {

MemoryBudget::Share::~Share() {
  budget_.held_ -= held_;
}

void MemoryBudget::Share::add(int64_t bytes) {
  if (held_ + bytes > budget_.most_) {
    throw ApiError(
        413,
        concat(
            "the request's pages and drafts take more memory than the ",
            budget_.most_,
            " bytes that all requests may hold; send fewer or smaller ones"),
        "",
        "request_too_large");
  }
  // Added first: two requests must not both take the last bytes.
  if (budget_.held_.fetch_add(bytes) + bytes > budget_.most_) {
    budget_.held_ -= bytes;
    throw ApiError(
        503,
        "the waiting requests hold as many pages and drafts as they may; try "
        "again later",
        "",
        "memory_full");
  }
  held_ += bytes;
}

void MemoryBudget::Share::give_back(int64_t bytes) {
  held_ -= bytes;
  budget_.held_ -= bytes;
}

} // namespace microfiche::server
