#pragma once

#include "core/files.h"
#include "core/json.h"

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::tests {

/// Writes train.json, 30 steps that teach a tiny model a word with an adapter
/// on `targets`, and its text.
inline void write_lora_training(
    const std::filesystem::path& folder,
    const std::filesystem::path& model,
    const std::vector<std::string>& targets) {
  const Json config = {
      {"model", model.string()},
      {"from_weights", true},
      {"corpus", {"fox.txt"}},
      {"held_out", {"fox.txt"}},
      {"adapter", {{"rank", 4}, {"alpha", 8}, {"targets", targets}}},
      {"stages",
       {{{"name", "reading"},
         {"steps", 30},
         {"pages",
          {{"modes", {{"t4", 1}}},
           {"texts", {{"corpus", 1}}},
           {"characters_per_token", {2, 3}}}},
         {"batch", {{"characters", 30}}},
         {"losses", {{"reading", 1}}},
         {"rates", {{{"match", "adapter"}, {"adam", 0.02}}}}}}},
      {"log_every", 1}};
  write_file(folder / "train.json", config.dump());
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += "fox ";
  }
  write_file(folder / "fox.txt", text);
}

} // namespace microfiche::tests
