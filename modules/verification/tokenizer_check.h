#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::verification {

/// Texts to which a tokenizer.json gives other ids than the published one,
/// which the three families share; or that the file is missing. Throws
/// `InputError` for a damaged file.
///
/// Source: ids of the tokenizer of deepseek-ai/DeepSeek-OCR, from a third
/// party's tests, and its added tokens.
std::vector<std::string> tokenizer_differences(
    const std::filesystem::path& file);

} // namespace microfiche::verification
