#pragma once

#include "memory/store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace microfiche::memory {

struct StoreReport {
  StoreCounts counts;

  /// What is wrong with the truth, a sentence each: the file, its references,
  /// its index, a text that is not the one that was stored, a page that does
  /// not have the text of its turns.
  std::vector<std::string> faults;

  /// Derived files that are missing, and those with other bytes than their
  /// name says.
  int64_t missing_files = 0;
  std::vector<std::string> damaged_files;

  /// Files that no row names.
  int64_t unused_files = 0;

  /// Pages whose fonts are missing or others now, so that they cannot be
  /// compared or drawn again.
  int64_t pages_with_other_fonts = 0;

  /// What `rebuild` did.
  int64_t drawn_pages = 0;
  int64_t forgotten_files = 0;
};

/// Checks a store that is open for writing. With `rebuild` it also repairs the
/// derived files: removes damaged and unused ones, draws missing pages again,
/// and forgets other pictures and vision tokens without a file, which the next
/// build makes again. `progress` is called with the numbers of finished and of
/// all pages and turns.
StoreReport check_store(
    Store& store,
    bool rebuild,
    const std::function<void(int64_t, int64_t)>& progress = {});

} // namespace microfiche::memory
