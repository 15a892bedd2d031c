#pragma once

#include "core/json.h"
#include "verification/folder_check.h"
#include "verification/fox_check.h"
#include "verification/reading_check.h"

#include <optional>
#include <string>
#include <vector>

namespace microfiche::verification {

/// The steps of a verification, as far as it got. A step is run only if the
/// steps before it found the published model.
struct Verification {
  FolderCheck folder;

  /// Step 2; empty if it was not run.
  std::vector<ModeReading> pages;

  /// Step 3; empty if it was not run.
  std::vector<FoxMode> fox;
};

/// The first fact or bound that the folder misses, with its step; nothing if
/// all steps that were run found the published model.
std::optional<std::string> first_missed(const Verification& verification);

/// The error message of a verification that failed: folder, `first_missed`, and
/// what to do; nothing if it did not fail.
std::optional<std::string> failure_message(const Verification& verification);

/// Everything, with all texts. `missed` is `first_missed`, or null.
Json to_json(const Verification& verification);

/// The tables of one step.
std::string folder_text(const FolderCheck& folder);
std::string pages_text(const std::vector<ModeReading>& pages);
std::string fox_text(const std::vector<FoxMode>& fox);

} // namespace microfiche::verification
