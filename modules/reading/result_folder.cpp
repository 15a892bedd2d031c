#include "reading/result_folder.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <system_error>
#include <utility>

namespace microfiche::reading {
namespace {

namespace fs = std::filesystem;

/// Longest file name of common file systems, in bytes.
constexpr size_t kMaxNameBytes = 255;

/// What file names of results add to NAME at most: "-figure-NNNN.png", and
/// ".tmp." with a process id while the file is written.
constexpr size_t kMaxEndingBytes = 32;

/// Whether a result called `name` can have a file called `file`.
bool is_file_of(std::string_view file, std::string_view name) {
  if (!file.starts_with(name)) {
    return false;
  }
  file.remove_prefix(name.size());
  if (file == ".md" || file == ".json" || file == "-boxes.png") {
    return true;
  }
  constexpr std::string_view kFigure = "-figure-";
  constexpr std::string_view kPng = ".png";
  if (!file.starts_with(kFigure) || !file.ends_with(kPng)) {
    return false;
  }
  const auto digits =
      file.substr(kFigure.size(), file.size() - kFigure.size() - kPng.size());
  return !digits.empty() && std::ranges::all_of(digits, [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
}

/// The result in a file; null when the file is missing or is no result.
Json read_result(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    return nullptr;
  }
  try {
    auto json = read_json_file(file);
    constexpr std::array<const char*, 5> kKeys = {
        "file", "text", "blocks", "figures", "settings"};
    const bool is_result =
        json.is_object() && std::ranges::all_of(kKeys, [&](const char* key) {
          return json.contains(key);
        });
    return is_result ? std::move(json) : Json(nullptr);
  } catch (const InputError&) {
    return nullptr;
  }
}

bool is_same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return a == b ||
      fs::weakly_canonical(a, error) == fs::weakly_canonical(b, error);
}

Json page_number(const InputPage& page) {
  return page.number > 0 ? Json(page.number) : Json(nullptr);
}

} // namespace

std::set<std::string> listed_files(const Json& json, const std::string& name) {
  if (json.is_null()) {
    return {};
  }
  std::set<std::string> files = {name + ".json"};
  const auto add = [&](const Json& list) {
    for (const auto& file : list) {
      if (file.is_string() && is_file_of(file.get<std::string>(), name)) {
        files.insert(file.get<std::string>());
      }
    }
  };
  if (json.contains("files")) {
    add(json["files"]);
  } else {
    add(json["figures"]);
    add(Json{name + ".md", name + "-boxes.png"});
  }
  return files;
}

std::set<std::string> find_results(const fs::path& folder) {
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") {
      files.merge(listed_files(
          read_result(entry.path()), entry.path().stem().string()));
    }
  }
  return files;
}

ResultFolder::ResultFolder(
    fs::path folder,
    const std::vector<InputFile>& inputs)
    : folder_(std::move(folder)) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    files_.insert(entry.path().filename().string());
  }
  for (const auto& input : inputs) {
    inputs_.insert(fs::weakly_canonical(input.path, error));
  }
}

std::string ResultFolder::choose_name(const InputPage& page) {
  const auto stem = page.stem();
  std::string name = stem;
  for (int copy = 2; chosen_.contains(name) || !is_free(page, name); ++copy) {
    name = concat(stem, "-", copy);
  }
  check(
      name.size() + kMaxEndingBytes <= kMaxNameBytes,
      page.title(),
      ": its name of ",
      stem.size(),
      " bytes is too long for the names of its results; rename it to at most ",
      kMaxNameBytes - kMaxEndingBytes,
      " bytes");
  chosen_.insert(name);
  return name;
}

/// Whether a page may write the files of `name`: none of them exists, or they
/// are its own earlier result.
bool ResultFolder::is_free(const InputPage& page, const std::string& name)
    const {
  const Json& earlier = result(name);
  const auto own = listed_files(earlier, name);
  for (auto file = files_.lower_bound(name);
       file != files_.end() && file->starts_with(name);
       ++file) {
    std::error_code error;
    if (is_file_of(*file, name) &&
        (!own.contains(*file) ||
         inputs_.contains(fs::weakly_canonical(folder_ / *file, error)))) {
      return false;
    }
  }
  return earlier.is_null() ||
      (earlier.value("page", Json()) == page_number(page) &&
       (is_same_file(earlier["file"].get<std::string>(), page.file.path) ||
        earlier.value("sha256", Json()) == Json(page.content_hash())));
}

bool ResultFolder::is_done(
    const InputPage& page,
    const std::string& name,
    const Json& settings) const {
  const Json& earlier = result(name);
  return !earlier.is_null() && earlier["settings"] == settings &&
      earlier.value("page", Json()) == page_number(page) &&
      earlier.value("sha256", Json()) == Json(page.content_hash()) &&
      std::ranges::all_of(listed_files(earlier, name), [&](const auto& file) {
        return files_.contains(file);
      });
}

void ResultFolder::remove(const std::string& name) const {
  for (const auto& file : listed_files(result(name), name)) {
    std::error_code ignored;
    fs::remove(folder_ / file, ignored);
  }
}

const Json& ResultFolder::result(const std::string& name) const {
  const auto found = results_.find(name);
  return found != results_.end()
      ? found->second
      : results_.emplace(name, read_result(folder_ / (name + ".json")))
            .first->second;
}

} // namespace microfiche::reading
