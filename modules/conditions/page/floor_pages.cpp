#include "conditions/page/page_condition.h"

namespace microfiche::conditions {
namespace {

PageCondition floor_page(
    const char* name,
    const char* description,
    decltype(PageCondition::apply) apply) {
  PageCondition condition{{name, description, std::nullopt}, std::move(apply)};
  condition.info.is_floor = true;
  return condition;
}

} // namespace

std::vector<PageCondition> floor_pages() {
  auto other = floor_page(
      "other_page",
      "the image of another page of the cell",
      [](page::PageImage, const PageContext& context, double, RandomStream&) {
        return context.other_page();
      });
  other.needs_other_page = true;
  return {
      floor_page(
          "blank",
          "the paper without the text",
          [](page::PageImage image,
             const PageContext& context,
             double,
             RandomStream&) {
            return page::make_page(
                image.width, image.height, context.background);
          }),
      floor_page(
          "grey",
          "mid grey all over",
          [](page::PageImage image, const PageContext&, double, RandomStream&) {
            return page::make_page(
                image.width, image.height, page::Colour{128, 128, 128});
          }),
      floor_page(
          "noise_page",
          "every value drawn evenly",
          [](page::PageImage image,
             const PageContext&,
             double,
             RandomStream& random) {
            for (auto& value : image.rgb) {
              value = static_cast<uint8_t>(random.below(256));
            }
            return image;
          }),
      std::move(other)};
}

} // namespace microfiche::conditions
