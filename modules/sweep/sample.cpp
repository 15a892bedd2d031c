#include "sweep/sample.h"

#include "core/config.h"

namespace microfiche::sweep {

void validate(const Sample& sample, const std::string& where) {
  check(
      !sample.id.empty() &&
          (sample.cell.characters_per_token || sample.cell.text_tokens),
      where,
      ": not a line of samples.jsonl; it has no id, or its cell has no text "
      "length");
}

Json to_json(const Sample& sample) {
  auto json = write_config(sample);
  erase_nulls(json);
  erase_nulls(json["cell"]);
  if (sample.page.altered_words.empty()) {
    json.erase("altered_words");
  }
  return json;
}

void erase_nulls(Json& object) {
  for (auto field = object.begin(); field != object.end();) {
    field = field->is_null() ? object.erase(field) : std::next(field);
  }
}

bool belongs_to(const BlankReading& blank, const Cell& cell) {
  return blank.mode == cell.mode && blank.style == cell.style &&
      reading_coordinates(blank) == reading_coordinates(cell);
}

BlankReading blank_of(const Cell& cell) {
  BlankReading blank;
  blank.mode = cell.mode;
  blank.style = cell.style;
  reading_coordinates(blank) = reading_coordinates(cell);
  return blank;
}

} // namespace microfiche::sweep
