#pragma once

#include "core/config.h"
#include "rendering/page_style.h"

#include <string>

namespace microfiche::memory {

/// What stands before each turn on a page.
enum class TurnHeader {
  /// Number and role: `[12 user] `.
  kFull,
  /// Number and first letter of the role, for small pages: `[12u] `.
  kShort,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    TurnHeader,
    {{TurnHeader::kFull, "full"}, {TurnHeader::kShort, "short"}})

/// What happens to characters that no font of the style can draw.
enum class Undrawable {
  /// Each is drawn as U+FFFD and counted.
  kReplace,
  kRefuse,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    Undrawable,
    {{Undrawable::kReplace, "replace"}, {Undrawable::kRefuse, "refuse"}})

/// How turns are laid out on pages.
struct LayoutConfig {
  rendering::PageStyle page_style;
  TurnHeader turn_header = TurnHeader::kFull;
  Undrawable undrawable = Undrawable::kReplace;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, LayoutConfig& config) {
  visit("page_style", config.page_style);
  visit("turn_header", config.turn_header);
  visit("undrawable", config.undrawable);
}

} // namespace microfiche::memory
