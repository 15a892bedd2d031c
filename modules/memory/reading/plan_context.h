#pragma once

#include "decoder/kv_cache.h"
#include "generation/decode_step.h"
#include "memory/reading/measured_time.h"
#include "memory/recall/stored_plan.h"
#include "memory/store.h"
#include "model/loaded_model.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace microfiche::memory {

// Note [The context of a plan]
// All pages of a plan can stand in one context of the decoder: bos, then the
// pages that are not gone, oldest first, nothing between them: the vision
// tokens of a page in a mode, the ids of a page in the tier "text". A question
// follows, and leaves the context as it was.
//
// When the plan changes, the KV cache of the pages in front of the first page
// that is kept otherwise stays, and only the rest is computed again: keys and
// values of a page depend on all that stands before it. So a new page costs
// itself, a page that ages costs itself and all newer pages, and an oldest page
// that is dropped costs everything.

/// A page in the context of a plan.
struct ContextPage {
  /// Equal for equal embeddings: what is kept, and the hash of its content.
  std::string id;
  int64_t positions = 0;

  /// (positions, width). Called only for a page that is not in the cache.
  std::function<torch::Tensor()> embeds;
};

/// The pages of a plan that are not gone, oldest first. Store, plan and model
/// must outlive the result. Throws `InputError` for a page without vision
/// tokens of this model; `embeds` throws it for a file that is missing or
/// damaged.
std::vector<ContextPage>
context_pages(Store& store, const StoredPlan& plan, model::LoadedModel& loaded);

/// Texts as pages of a context, in this order.
std::vector<ContextPage> text_pages(
    const std::vector<std::string>& texts,
    model::LoadedModel& loaded);

/// What it took to make a context.
struct ContextChange {
  /// Positions of pages that were in the cache, and of those that were not.
  int64_t kept = 0;
  int64_t prefilled = 0;

  /// Of the prefill, with loading the vision tokens.
  MeasuredTime time;
};

/// A KV cache that follows a plan; see Note [The context of a plan].
class PlanContext {
 public:
  /// Room for `capacity` positions, bos and questions among them. The model
  /// must outlive this object. Throws `InputError` for a model whose decoder
  /// has a window: what it dropped cannot come back.
  PlanContext(model::LoadedModel& loaded, int64_t capacity);

  /// Makes the context hold exactly these pages, and keeps the cache of the
  /// pages in front that it already holds. If it throws, the pages that it
  /// holds are a prefix of these or of those before.
  ///
  /// Throws `InputError` when the pages need more positions than the capacity.
  ContextChange move_to(const std::vector<ContextPage>& pages);

  /// The most probable ids after a prompt that follows the pages: at most
  /// `count`, without the end token, or exactly `count` if `past_end`. The
  /// context stays as it was. Throws `InputError` when they do not fit.
  std::vector<int64_t>
  answer(const std::string& prompt, int64_t count, bool past_end = false);

  /// Positions of the pages and bos.
  int64_t positions() const {
    return cache_.max_length();
  }
  const decoder::KvCache& cache() const {
    return cache_;
  }

 private:
  /// Appends (L, width) and returns the output (1, width) at the last position.
  torch::Tensor append(const torch::Tensor& embeds);

  /// Positions of bos and the pages that the cache holds.
  int64_t end_of_pages() const {
    return ends_.empty() ? 1 : ends_.back();
  }

  /// Drops all positions after the pages.
  void cut_to_pages();

  model::LoadedModel& loaded_;
  decoder::KvCache cache_;
  generation::DecodeStep step_;

  /// The pages that the cache holds, and where each ends.
  std::vector<std::string> held_;
  std::vector<int64_t> ends_;
};

} // namespace microfiche::memory
