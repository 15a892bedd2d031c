#pragma once

#include "generation/config/generation_config.h"
#include "memory/recall/answers.h"
#include "memory/recall/stored_plan.h"
#include "memory/recall/token_files.h"
#include "memory/store.h"
#include "model/loaded_model.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace microfiche::memory {

/// How pages of a plan are read back.
struct PageReadingConfig {
  generation::GenerationConfig generation;

  /// Pages that are read at the same time.
  int64_t batch = 16;
};

/// Reads pages of a plan back, each at its tier, and keeps what it read in the
/// store. A page is read once for each model, mode and settings.
class PlanReader {
 public:
  /// The store is open for writing. Reads all weights of the model once, for
  /// their hash.
  PlanReader(
      Store& store,
      const StoredPlan& plan,
      model::LoadedModel& loaded,
      const PageReadingConfig& config);

  /// What the plan keeps of these pages, indices of its items: the text of a
  /// page in the tier "text", a reading of other pages, nothing of a page that
  /// is gone. `progress` is called with the numbers of pages that were read and
  /// of those that have to be read.
  ///
  /// Throws `InputError` for a page without vision tokens of this model, or
  /// whose file is missing or damaged.
  std::vector<std::optional<KeptPage>> read(
      const std::vector<size_t>& items,
      const std::function<void(int64_t, int64_t)>& progress = {});

  /// What the model reads from a blank page in each mode of the plan.
  std::map<std::string, KeptPage> read_blanks();

  /// Readings that were in the store, and those that were made.
  int64_t num_reused() const {
    return num_reused_;
  }
  int64_t num_read() const {
    return num_read_;
  }

  /// The exact text of each page of the plan.
  const std::vector<std::string>& exact() const {
    return exact_;
  }

  /// The vision tokens of a page of the plan that has a picture.
  model::VisionTokens load_tokens(size_t item) const;

 private:
  StoredTokenFile token_file_of(size_t item) const;

  Store& store_;
  const StoredPlan& plan_;
  model::LoadedModel& loaded_;
  PageReadingConfig config_;
  TokenFileModel model_;
  std::string settings_;
  std::vector<std::string> exact_;
  int64_t num_reused_ = 0;
  int64_t num_read_ = 0;
};

} // namespace microfiche::memory
