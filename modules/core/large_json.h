#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace microfiche {

/// Parses JSON whose objects have many fields, such as a vocabulary: reading is
/// linear and looking a field up logarithmic, but fields come in the order of
/// their names. Refuses what `parse_json` refuses.
nlohmann::json parse_large_json(
    std::string_view text,
    const std::string& where);

} // namespace microfiche
