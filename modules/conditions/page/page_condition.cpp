#include "conditions/page/page_condition.h"

namespace microfiche::conditions {

const std::vector<PageCondition>& page_conditions() {
  static const auto all = join_families<PageCondition>({
      geometry(),
      dirt(),
      lost_detail(),
      no_page(),
  });
  return all;
}

} // namespace microfiche::conditions
