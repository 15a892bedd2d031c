#include "memory/inspection.h"

#include "core/config.h"
#include "core/error.h"
#include "memory/pages.h"
#include "memory/schema.h"
#include "memory/timestamp.h"

namespace microfiche::memory {

Json inspect(const std::filesystem::path& path) {
  Store store(path, Store::Mode::kRead);
  const auto counts = count(store);
  Json json = {
      {"kind", "store"},
      {"path", path.string()},
      {"schema", schema_version()},
      {"conversations", counts.conversations},
      {"turns", counts.turns},
      {"text_bytes", counts.text_bytes},
      {"erased_turns", counts.erased_turns},
      {"pages", counts.pages},
      {"renderings", counts.renderings},
      {"token_files", counts.token_files},
      {"styles", Json::array()}};
  for (const auto& style : styles(store)) {
    json["styles"].push_back(write_config(style.layout));
  }
  return json;
}

std::string inspection_text(const Json& inspection) {
  std::string text = concat(
      "store ", inspection["path"].get_ref<const std::string&>(), "\n\n");
  for (const auto& [name, value] : inspection.items()) {
    if (value.is_number()) {
      text += concat(name, ": ", value.dump(), "\n");
    }
  }
  for (const auto& style : inspection["styles"]) {
    text += concat("style: ", style.dump(), "\n");
  }
  return text;
}

Json list_conversations(Store& store) {
  Json list = Json::array();
  Statement query(
      store.database(),
      "SELECT count(*), min(time_ms), max(time_ms), "
      "(SELECT count(*) FROM page WHERE conversation = ?1) "
      "FROM turn WHERE conversation = ?1");
  for (const auto& conversation : conversations(store)) {
    query.bind(conversation.id).next();
    const auto time = [&](int column) {
      return query.is_null(column) ? Json(nullptr)
                                   : Json(time_text(query.integer(column)));
    };
    list.push_back(
        {{"id", conversation.id},
         {"name", conversation.name},
         {"title", conversation.title},
         {"format", conversation.source_format},
         {"turns", query.integer(0)},
         {"pages", query.integer(3)},
         {"first", time(1)},
         {"last", time(2)}});
  }
  return list;
}

} // namespace microfiche::memory
