#include "verification/kept_readings.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"

#include <utility>

namespace microfiche::verification {
namespace {

std::string key_of(const std::string& mode, const std::string& page) {
  return concat(mode, " ", page);
}

} // namespace

KeptReadings::KeptReadings(
    const std::filesystem::path& folder,
    const Json& settings)
    : settings_(sha256(std::string_view(settings.dump()))) {
  if (folder.empty()) {
    return;
  }
  file_ = folder / "readings.jsonl";
  if (!std::filesystem::exists(file_)) {
    std::filesystem::create_directories(folder);
    return;
  }
  for_each_line(file_, [&](std::string_view line, const std::string& where) {
    const auto json = parse_json(line, where);
    for (const char* field : {"settings", "mode", "page", "text", "stop"}) {
      check(
          json.is_object() && json.contains(field) && json[field].is_string(),
          where,
          ": expected an object with the text \"",
          field,
          "\"; delete the file to read all pages again");
    }
    if (json["settings"] == settings_) {
      readings_[key_of(json["mode"], json["page"])] = {
          json["text"], json["stop"]};
    }
  });
}

const KeptReadings::Reading* KeptReadings::find(
    const std::string& mode,
    const std::string& page) const {
  const auto found = readings_.find(key_of(mode, page));
  return found == readings_.end() ? nullptr : &found->second;
}

void KeptReadings::add(
    const std::string& mode,
    const std::string& page,
    Reading reading) {
  if (file_.empty()) {
    return;
  }
  append_line(
      file_,
      Json({{"settings", settings_},
            {"mode", mode},
            {"page", page},
            {"text", reading.text},
            {"stop", reading.stop}})
          .dump());
  readings_[key_of(mode, page)] = std::move(reading);
}

} // namespace microfiche::verification
