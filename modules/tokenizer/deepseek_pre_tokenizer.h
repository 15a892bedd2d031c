#pragma once

#include "tokenizer/pre_tokenizer.h"

#include <memory>
#include <vector>

namespace microfiche::tokenizer {

/// The split patterns of DeepSeek-V3 and DeepSeek-OCR, in order: numbers of up
/// to three digits; runs of Chinese characters and kana; words, punctuation and
/// white space.
const std::vector<SplitPattern>& deepseek_splits();

/// Same pieces as `make_regex_pre_tokenizer(deepseek_splits())`, in one pass
/// and without regular expressions.
std::unique_ptr<const PreTokenizer> make_deepseek_pre_tokenizer();

} // namespace microfiche::tokenizer
