#include "conditions/page/page_condition.h"

namespace microfiche::conditions {

const std::vector<PageCondition>& page_conditions() {
  static const auto all = join_families<PageCondition>({
      geometry(),
      noise(),
      degradation(),
      floor_pages(),
  });
  return all;
}

} // namespace microfiche::conditions
