#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::data {

/// A question about a page, or without a page, and the answer to learn.
struct Conversation {
  /// With `<image>` in the page's position, if there is a page.
  std::string prompt;
  std::string answer;

  /// The page's file; empty without a page.
  std::filesystem::path image;

  /// Its source: `file:line` or `file[index]`.
  std::string where;

  /// The tool with this layout: "ms-swift", "LLaVA" or "Unsloth".
  std::string_view layout;
};

/// Reads conversations in the layouts of other tools: one JSON object per line
/// (`.jsonl`) or a JSON list of them (`.json`). The keys tell the layouts
/// apart:
///
///   ms-swift  {"messages": [{"role": "user", "content": "<image>\nFree OCR."},
///              {"role": "assistant", "content": "..."}], "images": ["a.png"]}
///   LLaVA     {"image": "a.png", "conversations": [{"from": "human",
///              "value": "<image>\n..."}, {"from": "gpt", "value": "..."}]}
///   Unsloth   {"messages": [{"role": "<|User|>", "content": "<image>\n...",
///              "images": ["a.png"]}, {"role": "<|Assistant|>", ...}]}
///
/// A row without an image and without `<image>` is text only. Paths of images
/// are relative to `images`, or to the file's folder if that is empty.
/// References and boxes are filled in; see Note [Objects of ms-swift].
///
/// Throws `InputError` naming file and line for rows of any other layout, with
/// several questions or several images, with an image that does not exist or
/// that is in the row itself, with placeholders that have no object, and for a
/// file without rows.
std::vector<Conversation> read_conversations(
    const std::filesystem::path& file,
    const std::filesystem::path& images = {});

} // namespace microfiche::data
