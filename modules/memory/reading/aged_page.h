#pragma once

#include "memory/excerpt.h"
#include "memory/pages.h"
#include "memory/policy/ageing.h"
#include "memory/recall/stored_plan.h"
#include "memory/store.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::memory {

/// A page that was drawn again for a mode.
struct AgedPage {
  page::PageImage image;

  /// What stands on it.
  std::string text;
  double type_px = 0;
};

/// Draws pages of a plan again, smaller; see Note [Ways to age a page].
class PageAger {
 public:
  /// Store and plan must outlive this object.
  PageAger(Store& store, const StoredPlan& plan);

  /// The page in a mode without tiles, as large as the model sees it, with the
  /// turns of all pages on its picture. `ageing` draws pages again. Throws
  /// `InputError` that names the page if a mode has tiles, leaves no room for
  /// text, or if the text of a redrawn page does not fit. No page on the
  /// picture was erased.
  AgedPage draw(
      const StoredPlanItem& item,
      const page::ResolutionMode& mode,
      const AgeingConfig& ageing);

 private:
  rendering::PageStyle style_of(
      const LayoutConfig& layout,
      const StoredPlanItem& item,
      const page::ResolutionMode& mode,
      const AgeingConfig& ageing) const;
  const WordCounts& counts_up_to(int64_t seq);
  std::vector<StoredPage> pages_on(
      const StoredPlanItem& item,
      const std::string& where) const;

  Store& store_;
  const StoredPlan& plan_;
  std::map<int64_t, LayoutConfig> layouts_;
  std::map<int64_t, StoredPage> pages_;

  /// Of the turns up to `counted_seq_`.
  WordCounts counts_;
  int64_t counted_seq_ = 0;
};

} // namespace microfiche::memory
