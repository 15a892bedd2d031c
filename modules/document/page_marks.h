#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::document {

/// What a model writes before each page of a prompt with several. It is no
/// special token.
inline constexpr std::string_view kPageMark = "<PAGE>";

/// The pages of a text, without white space at both ends. Drops what stands
/// before the first mark. Nothing if the text has no mark.
///
/// Source: `infer_multi` of modeling_unlimitedocr.py (baidu/Unlimited-OCR).
std::optional<std::vector<std::string>> split_pages(std::string_view text);

} // namespace microfiche::document
