#pragma once

#include "tokenizer/pre_tokenizer.h"

#include <memory>
#include <vector>

namespace microfiche::tokenizer {

/// The patterns by which DeepSeek-V3 and DeepSeek-OCR split, in their order:
/// numbers by three digits; runs of Chinese characters and kana; words,
/// punctuation and white space.
const std::vector<SplitPattern>& deepseek_splits();

/// What `make_regex_pre_tokenizer(deepseek_splits())` is, in one pass and
/// without a regular expression.
std::unique_ptr<const PreTokenizer> make_deepseek_pre_tokenizer();

} // namespace microfiche::tokenizer
