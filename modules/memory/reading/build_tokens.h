#pragma once

#include "memory/reading/measured_time.h"
#include "memory/recall/stored_plan.h"
#include "memory/recall/token_files.h"
#include "memory/store.h"
#include "model/loaded_model.h"

#include <cstdint>
#include <functional>

namespace microfiche::memory {

/// What a build did. A picture of several pages counts as one page.
struct BuildReport {
  /// Pages that were encoded, and pages whose vision tokens were there.
  int64_t encoded = 0;
  int64_t reused = 0;

  /// Pages whose vision tokens in a mode with more were there and became fewer,
  /// so that nothing was encoded.
  int64_t shrunk = 0;

  /// Pages that need none.
  int64_t as_text = 0;
  int64_t gone = 0;

  /// Encoded pages of which another model, or this one in another dtype, has
  /// vision tokens, which are not used.
  int64_t of_other_models = 0;

  /// The time of encoding alone, and bytes of the new token files.
  MeasuredTime encode_time;
  int64_t token_bytes = 0;
};

/// The model as its token files name it. Reads all weights.
TokenFileModel token_file_model(const model::LoadedModel& loaded);

/// Makes the vision tokens of a plan's pages; see Note [Pages at their tiers].
/// The store is open for writing. What is finished is kept if the call is
/// interrupted. `progress` is called with the numbers of finished and of all
/// pages that have a picture.
///
/// Throws `InputError`, before anything is encoded, for a plan that another
/// model was meant for: a mode that this one does not have or that takes other
/// positions; for a picture of several pages of which one was erased; and for a
/// page whose picture is missing or damaged.
BuildReport build_tokens(
    Store& store,
    const StoredPlan& plan,
    model::LoadedModel& loaded,
    const std::function<void(int64_t, int64_t)>& progress = {});

} // namespace microfiche::memory
