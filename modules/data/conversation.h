#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::data {

/// What a model is asked about a page, or about no page, and what it has to
/// answer.
struct Conversation {
  /// With `<image>` where the page goes; without one when there is no page.
  std::string prompt;
  std::string answer;

  /// The page's file; empty without a page.
  std::filesystem::path image;

  /// Where it came from, `file:line` or `file[index]`.
  std::string where;

  /// Whose layout it has: "ms-swift", "LLaVA" or "Unsloth".
  std::string_view layout;
};

/// Reads conversations as other tools keep them, a JSON object a line
/// (`.jsonl`) or a JSON list of them (`.json`). Each is recognised by its keys:
///
///   ms-swift  {"messages": [{"role": "user", "content": "<image>\nFree OCR."},
///              {"role": "assistant", "content": "..."}], "images": ["a.png"]}
///   LLaVA     {"image": "a.png", "conversations": [{"from": "human",
///              "value": "<image>\n..."}, {"from": "gpt", "value": "..."}]}
///   Unsloth   {"messages": [{"role": "<|User|>", "content": "<image>\n...",
///              "images": ["a.png"]}, {"role": "<|Assistant|>", ...}]}
///
/// A row without an image and without `<image>` is text only. Paths of images
/// are relative to `images`, or where that is empty to the file's folder.
///
/// Throws `InputError` naming file and line for rows of any other layout, with
/// several questions or several images, with an image that is not there, and
/// for a file without rows.
std::vector<Conversation> read_conversations(
    const std::filesystem::path& file,
    const std::filesystem::path& images = {});

} // namespace microfiche::data
