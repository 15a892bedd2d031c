#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::verification {

/// A tensor of a published checkpoint; all are bfloat16, in one file.
struct PublishedTensor {
  std::string name;
  std::vector<int64_t> shape;
};

/// All tensors of the published checkpoint of a family (see
/// `model::model_families`), sorted by name: 2,710 of DeepSeek-OCR and of
/// Unlimited-OCR, 2,707 of DeepSeek-OCR 2. This list does not depend on a
/// config.json or on the modules of this program.
///
/// Throws `InputError` for a family that has no list.
///
/// Source: the weight indices of deepseek-ai/DeepSeek-OCR and
/// deepseek-ai/DeepSeek-OCR-2, and the class of baidu/Unlimited-OCR, which has
/// the tensors of DeepSeek-OCR.
std::vector<PublishedTensor> published_tensors(std::string_view family);

/// The names that a pattern stands for: `{a,b}` is one of the words, `{1..11}`
/// one of the numbers, both ends included.
std::vector<std::string> expand_pattern(std::string_view pattern);

} // namespace microfiche::verification
