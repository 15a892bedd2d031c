#include "sources/page_collection.h"

namespace microfiche::sources {

const std::vector<PageCollection>& page_collections() {
  static const std::vector<PageCollection> all = {
      fox("en"),
      fox("cn"),
      omnidocbench(),
      rendered_pages(),
  };
  return all;
}

std::optional<CollectionFolder> find_collection(const std::string& text) {
  for (const auto& collection : page_collections()) {
    if (text.starts_with(collection.name + ":")) {
      return CollectionFolder{
          &collection, text.substr(collection.name.size() + 1)};
    }
  }
  return std::nullopt;
}

} // namespace microfiche::sources
