#include "metrics/predictions.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"

namespace microfiche::metrics {
namespace {

std::string
text_field(const Json& object, const char* name, const std::string& where) {
  const auto found = object.find(name);
  check(found != object.end(), where, ": no field \"", name, "\"");
  check(
      found->is_string(),
      where,
      ": \"",
      name,
      "\" must be a string, got ",
      found->dump().substr(0, 40));
  return found->get<std::string>();
}

std::string
name_field(const Json& object, const char* name, const std::string& where) {
  const auto found = object.find(name);
  if (found != object.end() && found->is_number_integer()) {
    return found->dump();
  }
  return text_field(object, name, where);
}

std::optional<double>
count_field(const Json& object, const char* name, const std::string& where) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    return std::nullopt;
  }
  const bool nested = found->is_object() && found->contains("nominal");
  const Json& count = nested ? found->at("nominal") : *found;
  check(
      count.is_number() && count.get<double>() > 0,
      where,
      ": \"",
      name,
      "\" must be a positive number",
      std::string_view(name) == "vision_tokens"
          ? ", or an object with \"nominal\""
          : "",
      ", got ",
      found->dump().substr(0, 40));
  return count.get<double>();
}

Prediction read_line(const Json& object, const std::string& where) {
  check(
      object.is_object(),
      where,
      ": expected an object with id, reference and prediction, got ",
      object.dump().substr(0, 40));
  Prediction page;
  page.id = name_field(object, "id", where);
  page.reference = text_field(object, "reference", where);
  page.prediction = text_field(object, "prediction", where);
  page.text_tokens = count_field(object, "text_tokens", where);
  page.vision_tokens = count_field(object, "vision_tokens", where);
  page.fields = object;
  return page;
}

Prediction read_fox_entry(const Json& entry, const std::string& where) {
  Prediction page;
  page.id = entry.contains("image") ? name_field(entry, "image", where) : where;
  page.reference = text_field(entry, "label", where);
  page.prediction = text_field(entry, "answer", where);
  page.text_tokens = count_field(entry, "text_tokens", where);
  page.vision_tokens = count_field(entry, "vision_tokens", where);
  page.fields = entry;
  return page;
}

void append_block(Prediction& page, TextPair block) {
  if (!page.blocks.empty()) {
    page.reference += '\n';
    page.prediction += '\n';
  }
  page.reference += block.reference;
  page.prediction += block.prediction;
  page.blocks.push_back(std::move(block));
}

/// `norm_gt`, or `gt` if the normalised text is empty, as in OmniDocBench's
/// script.
std::string omnidoc_text(
    const Json& entry,
    const std::string& name,
    const std::string& where,
    bool& normalized) {
  const auto found = entry.find("norm_" + name);
  if (found != entry.end() && found->is_string() &&
      !found->get<std::string>().empty()) {
    normalized = true;
    return found->get<std::string>();
  }
  return text_field(entry, name.c_str(), where);
}

/// The page of a block, as in OmniDocBench's script.
std::string omnidoc_page(const Json& entry, const std::string& where) {
  if (entry.contains("image_name")) {
    return name_field(entry, "image_name", where);
  }
  auto id = name_field(entry, "img_id", where);
  if (!id.ends_with(".jpg") && !id.ends_with(".png")) {
    id.resize(std::min(id.rfind('_'), id.size()));
  }
  return id;
}

std::vector<Prediction> read_omnidoc_blocks(
    const Json& list,
    const std::string& where) {
  std::vector<Prediction> pages;
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string here = concat(where, ": block ", i);
    const auto id = omnidoc_page(list[i], here);
    const auto [found, added] = index.try_emplace(id, pages.size());
    if (added) {
      pages.push_back({});
      pages.back().id = id;
      pages.back().fields = Json::object({{"id", id}});
    }
    TextPair block;
    block.reference = omnidoc_text(list[i], "gt", here, block.normalized);
    block.prediction = omnidoc_text(list[i], "pred", here, block.normalized);
    append_block(pages[found->second], std::move(block));
  }
  return pages;
}

PredictionFile read_list(const Json& list, const std::string& where) {
  const bool objects = !list.empty() && list.front().is_object();
  PredictionFile file;
  if (objects && list.front().contains("answer")) {
    file.layout = "fox";
    for (size_t i = 0; i < list.size(); ++i) {
      file.pages.push_back(
          read_fox_entry(list[i], concat(where, ": entry ", i)));
    }
  } else if (objects && list.front().contains("gt")) {
    file.layout = "omnidocbench";
    file.pages = read_omnidoc_blocks(list, where);
  } else {
    throw InputError(concat(
        where,
        ": a list whose entries are neither Fox's (label, answer) nor "
        "OmniDocBench's (gt, pred); Microfiche's own layout has one object per "
        "line"));
  }
  return file;
}

PredictionFile read_lines(std::string_view text, const std::string& where) {
  PredictionFile file;
  file.layout = "jsonl";
  std::map<std::string, int64_t> first_line;
  int64_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    const std::string here = concat(where, ":", number);
    auto page = read_line(parse_json(line, here), here);
    const auto [found, added] = first_line.try_emplace(page.id, number);
    check(
        added,
        here,
        ": id \"",
        page.id,
        "\" is a duplicate; it is also in line ",
        found->second);
    file.pages.push_back(std::move(page));
  }
  return file;
}

} // namespace

PredictionFile read_predictions(
    std::string_view text,
    const std::string& where) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  // Predictions may contain any bytes, JSON only UTF-8.
  const auto decoded = decode_utf8(text);
  const std::string utf8 =
      decoded.num_invalid == 0 ? std::string(text) : encode_utf8(decoded.text);

  const size_t first = utf8.find_first_not_of(" \t\r\n");
  const bool list = first != std::string::npos && utf8[first] == '[';
  auto file = list ? read_list(parse_json(utf8, where), where)
                   : read_lines(utf8, where);
  check(
      !file.pages.empty(),
      where,
      ": no predictions; expected one JSON object per line with id, reference, "
      "prediction, text_tokens and vision_tokens");
  file.num_invalid = decoded.num_invalid;
  return file;
}

PredictionFile read_predictions(const std::filesystem::path& path) {
  return read_predictions(read_file(path), path.string());
}

} // namespace microfiche::metrics
