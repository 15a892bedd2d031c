#include "core/error.h"
#include "core/json.h"
#include "sources/page_collection.h"

namespace microfiche::sources {
namespace {

CollectedPage read_rendered_page(
    const Json& entry,
    const std::filesystem::path& folder,
    const std::string& where) {
  check(
      entry.is_object() && entry.contains("file") &&
          entry["file"].is_string() && entry.contains("text") &&
          entry["text"].is_string(),
      where,
      ": expected an object with \"file\" and \"text\"");
  const auto name = entry["file"].get<std::string>();
  return {name, folder / name, entry["text"].get<std::string>()};
}

} // namespace

PageCollection rendered_pages() {
  return {"pages", [](const std::filesystem::path& folder) {
            const auto list = folder / "pages.json";
            const auto json = read_json_file(list);
            check(
                json.is_array() && !json.empty(),
                list.string(),
                ": expected the list of pages that `microfiche render` writes");
            std::vector<CollectedPage> pages;
            for (size_t i = 0; i < json.size(); ++i) {
              pages.push_back(read_rendered_page(
                  json[i], folder, concat(list.string(), ": page ", i)));
            }
            return pages;
          }};
}

} // namespace microfiche::sources
