#include "verification/tokenizer_check.h"

#include "core/error.h"
#include "core/json.h"
#include "tokenizer/tokenizer.h"

#include <cstdint>

namespace microfiche::verification {
namespace {

struct PublishedIds {
  const char* text;
  std::vector<int64_t> ids;
};

const std::vector<PublishedIds>& published_ids() {
  static const std::vector<PublishedIds> cases = {
      {"Hello", {19923}},
      {"The capital of France is", {671, 6102, 294, 8760, 344}},
      {"\nFree OCR.", {201, 21431, 126041, 16}},
      {"\n<|grounding|>Convert the document to markdown.",
       {201, 128820, 21842, 270, 4940, 304, 2121, 7919, 16}},
      {"12345", {6895, 1883}},
      {"year 2026, price $1299.99",
       {24821, 223, 939, 24, 14, 5220, 957, 9603, 27, 16, 1977}},
      {"日本語のテキスト", {88768, 1576, 17383, 20367, 24552}},
      {"def main():\n\tpass", {3465, 1840, 15536, 200, 9762}},
      {"<image>", {128815}},
      {"<td></td>", {128821, 128822}},
  };
  return cases;
}

} // namespace

std::vector<std::string> tokenizer_differences(
    const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    return {concat(file.filename().string(), ": missing")};
  }
  const auto tokenizer = tokenizer::Tokenizer::load(file);
  for (const auto& [text, ids] : published_ids()) {
    const auto ours = tokenizer.encode(text);
    if (ours != ids) {
      return {concat(
          file.filename().string(),
          ": ",
          Json(text).dump(),
          " has the ids ",
          Json(ours).dump(),
          ", published ",
          Json(ids).dump())};
    }
  }
  return {};
}

} // namespace microfiche::verification
