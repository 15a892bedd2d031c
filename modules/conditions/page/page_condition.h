#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/random.h"
#include "conditions/condition.h"
#include "page/page_image.h"

namespace microfiche::conditions {

/// What a condition knows beside the page.
struct PageContext {
  /// The paper, which shows where a page is moved away.
  page::Colour background{255, 255, 255};

  /// Another page of the same cell; made only when asked for.
  std::function<page::PageImage()> other_page;
};

/// What is done to the picture of a page, whose size stays; see Note
/// [Conditions].
struct PageCondition {
  ConditionInfo info;
  std::function<page::PageImage(
      page::PageImage image,
      const PageContext& context,
      double strength,
      RandomStream& random)>
      apply;

  /// Whether `other_page` is asked for.
  bool needs_other_page = false;
};

/// All of them.
const std::vector<PageCondition>& page_conditions();

// The families, each in a file of its name.

/// `rotation` and `skew`.
std::vector<PageCondition> geometry();

/// `gaussian_noise` and `occlusion`.
std::vector<PageCondition> dirt();

/// `blur`, `jpeg`, `rescale` and `contrast`.
std::vector<PageCondition> lost_detail();

/// `blank`, `grey`, `noise_page` and `other_page`: pages from which the text
/// cannot be read, so that what comes out is what the model guesses.
std::vector<PageCondition> no_page();

} // namespace microfiche::conditions
