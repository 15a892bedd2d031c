#include "core/error.h"
#include "core/json.h"
#include "sources/page_collection.h"

namespace microfiche::sources {
namespace {

CollectedPage read_fox_page(
    const Json& entry,
    const std::filesystem::path& images,
    const std::string& where) {
  const auto* answer = entry.is_object() && entry.contains("conversations") &&
          entry["conversations"].is_array() &&
          entry["conversations"].size() == 2 &&
          entry["conversations"][1].is_object()
      ? &entry["conversations"][1]
      : nullptr;
  check(
      answer && answer->contains("value") && (*answer)["value"].is_string() &&
          entry.contains("image") && entry["image"].is_string(),
      where,
      ": expected an object with \"image\" and two \"conversations\", the "
      "second of them with the page's text as its \"value\"");
  const auto name = entry["image"].get<std::string>();
  return {name, images / name, (*answer)["value"].get<std::string>()};
}

} // namespace

PageCollection fox(const std::string& language) {
  return {"fox_" + language, [language](const std::filesystem::path& folder) {
            const auto list = folder / (language + "_page_ocr.json");
            const auto json = read_json_file(list);
            check(
                json.is_array() && !json.empty(),
                list.string(),
                ": expected Fox's list of pages");
            std::vector<CollectedPage> pages;
            for (size_t i = 0; i < json.size(); ++i) {
              pages.push_back(read_fox_page(
                  json[i],
                  folder / (language + "_pdf_png"),
                  concat(list.string(), ": entry ", i)));
            }
            return pages;
          }};
}

} // namespace microfiche::sources
