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

// Note [Pages in one context]
// Several pages can stand in one context of the decoder, oldest first, their
// vision tokens one after another and nothing between them, as in Note [Pages
// together]. The pictures of a plan are counted from the newest, so that a page
// is always in the same context; pages in the tier "text" are not among them.
// The model answers with one text, which belongs to the newest page of the
// context: a value in it is known to come from one of its pages, not from
// which.

/// How pages of a plan are read back.
struct PageReadingConfig {
  generation::GenerationConfig generation;

  /// Contexts that are read at the same time.
  int64_t batch = 16;

  /// See Note [Pages in one context]. A picture of several pages counts as one.
  int64_t pages_per_context = 1;
};

/// Reads pages of a plan back, each at its tier, and keeps what it read in the
/// store. A page is read once for each model, dtype, mode and reading config.
class PlanReader {
 public:
  /// The store is open for writing. Reads all weights of the model once, for
  /// their hash. Throws `UsageError` if the pages of a context, with the prompt
  /// and the text that may be read, need more positions than the model has.
  PlanReader(
      Store& store,
      const StoredPlan& plan,
      model::LoadedModel& loaded,
      const PageReadingConfig& config);

  /// What the plan keeps of these pages, indices of its items: the text of a
  /// page in the tier "text", a reading of other pages, nothing of a page that
  /// is gone. With several pages in a context, all pages of a context that has
  /// one of these are read. `progress` is called with the numbers of contexts
  /// that were read and of those that must be read.
  ///
  /// Throws `InputError` for a page without vision tokens of this model, or
  /// whose file is missing or damaged.
  std::vector<std::optional<KeptPage>> read(
      const std::vector<size_t>& items,
      const std::function<void(int64_t, int64_t)>& progress = {});

  /// What the model reads from a blank page in each mode of the plan.
  std::map<std::string, KeptPage> read_blanks();

  /// Contexts whose reading was in the store, and those that were read.
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

  /// What the readings depend on besides their vision tokens.
  const TokenFileModel& model() const {
    return model_;
  }

  /// The same of the config, a JSON text: prompt and generation.
  const std::string& reading_config() const {
    return reading_config_;
  }

  /// The pages that share a context with a page that has a picture, oldest
  /// first; itself among them. Pages of one picture are in one context.
  const std::vector<size_t>& context_of(size_t item) const {
    return contexts_.at(context_of_item_.at(item));
  }

  /// The vision tokens of a context, one page after another.
  model::VisionTokens load_tokens(const std::vector<size_t>& context) const;

  /// Positions of the pages of the largest context.
  int64_t context_positions() const {
    return context_positions_;
  }

 private:
  StoredTokenFile token_file_of(size_t item) const;
  void make_contexts();
  std::string config_of(const std::vector<size_t>& context) const;

  Store& store_;
  const StoredPlan& plan_;
  model::LoadedModel& loaded_;
  PageReadingConfig config_;
  TokenFileModel model_;
  std::string reading_config_;
  std::vector<std::string> exact_;

  /// Newest first.
  std::vector<std::vector<size_t>> contexts_;
  std::map<size_t, size_t> context_of_item_;
  int64_t context_positions_ = 0;
  int64_t num_reused_ = 0;
  int64_t num_read_ = 0;
};

} // namespace microfiche::memory
