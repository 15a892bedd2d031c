#include <algorithm>
#include <iterator>

#include "core/error.h"
#include "core/json.h"
#include "core/plural.h"
#include "sources/page_collection.h"

namespace microfiche::sources {
namespace {

/// Whether a block is excluded from the text: "ignore" may be absent or null.
bool is_ignored(const Json& block, const std::string& where) {
  const auto ignore = block.find("ignore");
  if (ignore == block.end() || ignore->is_null()) {
    return false;
  }
  check(
      ignore->is_boolean(),
      where,
      ": \"ignore\": expected true, false or null");
  return ignore->get<bool>();
}

/// The text of a page's blocks in reading order, one line per block.
std::string text_of_blocks(const Json& blocks, const std::string& where) {
  check(blocks.is_array(), where, ": \"layout_dets\" must be a list");
  std::vector<std::pair<double, std::string>> texts;
  for (const auto& block : blocks) {
    const bool has_text = block.is_object() && block.contains("text") &&
        block["text"].is_string() && block.contains("order") &&
        block["order"].is_number();
    if (has_text && !is_ignored(block, where)) {
      texts.emplace_back(
          block["order"].get<double>(), block["text"].get<std::string>());
    }
  }
  std::stable_sort(texts.begin(), texts.end(), [](auto& a, auto& b) {
    return a.first < b.first;
  });
  std::string page;
  for (const auto& [order, text] : texts) {
    page += (page.empty() ? "" : "\n") + text;
  }
  return page;
}

CollectedPage read_omnidocbench_page(
    const Json& entry,
    const std::filesystem::path& images,
    const std::string& where) {
  const bool named = entry.is_object() && entry.contains("page_info") &&
      entry["page_info"].is_object() &&
      entry["page_info"].contains("image_path") &&
      entry["page_info"]["image_path"].is_string();
  check(
      named && entry.contains("layout_dets"),
      where,
      ": expected an object with \"layout_dets\" and "
      "\"page_info\": {\"image_path\": ...}");
  const std::filesystem::path path =
      entry["page_info"]["image_path"].get<std::string>();
  const auto name = path.filename().string();
  return {name, images / name, text_of_blocks(entry["layout_dets"], where)};
}

} // namespace

PageCollection omnidocbench() {
  return {
      "omnidocbench", [](const std::filesystem::path& folder) {
        const auto list = folder / "OmniDocBench.json";
        const auto json = read_json_file(list);
        check(
            json.is_array() && !json.empty(),
            list.string(),
            ": expected OmniDocBench's list of pages");
        std::vector<CollectedPage> pages;
        for (size_t i = 0; i < json.size(); ++i) {
          auto page = read_omnidocbench_page(
              json[i], folder / "images", concat(list.string(), ": page ", i));
          // A page of tables or formulas alone has no text to score.
          if (!page.reference.empty()) {
            pages.push_back(std::move(page));
          }
        }
        check(
            !pages.empty(),
            list.string(),
            ": expected a page with text to score; of ",
            count_of(std::ssize(json), "page"),
            " none has a block whose \"text\" is a string, whose \"order\" is "
            "a number and that is not ignored");
        return pages;
      }};
}

} // namespace microfiche::sources
