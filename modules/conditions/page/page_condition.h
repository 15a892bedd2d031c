#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conditions/condition.h"
#include "core/random.h"
#include "page/page_image.h"

namespace microfiche::conditions {

/// The context of a page.
struct PageContext {
  /// The colour of the paper, which fills areas that the page no longer covers.
  page::Colour background{255, 255, 255};

  /// Makes another page of the same cell.
  std::function<page::PageImage()> other_page;
};

/// Changes the image of a page; see Note [Conditions]. Only `shrink` changes
/// its size.
struct PageCondition {
  ConditionInfo info;
  std::function<page::PageImage(
      page::PageImage image,
      const PageContext& context,
      double strength,
      RandomStream& random)>
      apply;

  /// Whether it calls `other_page`.
  bool needs_other_page = false;
};

/// All page conditions.
const std::vector<PageCondition>& page_conditions();

// The families, each in a file of its name.

/// `rotation` and `skew`.
std::vector<PageCondition> geometry();

/// `gaussian_noise` and `occlusion`.
std::vector<PageCondition> noise();

/// `blur`, `jpeg`, `rescale`, `shrink` and `contrast`.
std::vector<PageCondition> degradation();

/// `blank`, `grey`, `noise_page` and `other_page`: pages without the
/// text, so that the model can only guess.
std::vector<PageCondition> floor_pages();

} // namespace microfiche::conditions
