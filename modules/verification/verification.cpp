#include "verification/verification.h"

#include "core/error.h"
#include "core/table.h"

#include <algorithm>
#include <iterator>

namespace microfiche::verification {
namespace {

/// Pages of Fox that are shown; a file has all.
constexpr size_t kShownPages = 8;

std::string missed_text(const char* step, const Bound& bound) {
  return concat(
      step,
      ": ",
      bound.name,
      ": expected at least ",
      fixed(bound.at_least, 3),
      ", got ",
      fixed(bound.value, 3),
      " (",
      bound.reason,
      ")");
}

std::string percent(double fraction) {
  return fixed(100 * fraction, 1);
}

Table bounds_table(const std::vector<Bound>& bounds) {
  Table table;
  table.header = {"measured", "at least", "here", "", "because"};
  for (const auto& bound : bounds) {
    table.rows.push_back(
        {bound.name,
         fixed(bound.at_least, 3),
         fixed(bound.value, 3),
         bound.is_met() ? "met" : "MISSED",
         bound.reason});
  }
  return table;
}

/// The pages whose readings agree least with the published ones.
Table parted_pages(const FoxMode& mode) {
  std::vector<const FoxPage*> pages;
  for (const auto& page : mode.pages) {
    pages.push_back(&page);
  }
  std::stable_sort(
      pages.begin(), pages.end(), [](const auto* a, const auto* b) {
        return a->agreement < b->agreement;
      });
  Table table;
  table.header = {
      "page", "text tokens", "agreement", "published %", "ours %", "stop"};
  for (size_t i = 0; i < pages.size() && i < kShownPages; ++i) {
    const auto& page = *pages[i];
    table.rows.push_back(
        {page.image,
         std::to_string(page.text_tokens),
         fixed(page.agreement, 3),
         percent(page.published_set_precision),
         percent(page.set_precision),
         page.stop});
  }
  return table;
}

Table paper_table(const FoxMode& mode) {
  Table table;
  table.header = {
      "text tokens",
      "paper's pages",
      "pages",
      "paper %",
      "published %",
      "ours %",
      "ours - published"};
  for (const auto& bin : mode.bins) {
    table.rows.push_back(
        {concat(bin.lower, "-", bin.upper - 1),
         std::to_string(bin.paper_pages),
         std::to_string(bin.pages),
         percent(bin.paper),
         bin.pages == 0 ? "-" : percent(bin.published),
         bin.pages == 0 ? "-" : percent(bin.ours),
         bin.pages == 0 ? "-" : percent(bin.ours - bin.published)});
  }
  return table;
}

template <typename T>
Json list_json(const std::vector<T>& items) {
  Json list = Json::array();
  for (const auto& item : items) {
    list.push_back(write_config(item));
  }
  return list;
}

} // namespace

std::optional<std::string> first_missed(const Verification& verification) {
  if (!verification.folder.differences.empty()) {
    return "step 1: " + verification.folder.differences.front();
  }
  for (const auto& mode : verification.pages) {
    if (!mode.bound.is_met()) {
      return missed_text("step 2", mode.bound);
    }
  }
  for (const auto& mode : verification.fox) {
    for (const auto& bound : mode.bounds) {
      if (!bound.is_met()) {
        return missed_text("step 3", bound);
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> failure_message(const Verification& verification) {
  const auto missed = first_missed(verification);
  if (!missed) {
    return std::nullopt;
  }
  const auto& folder = verification.folder;
  std::string message = concat(folder.folder, ": ", *missed, "\n");
  if (!folder.differences.empty()) {
    message += concat(
        "This is not the published ",
        folder.family,
        ", or it is damaged. Compare the SHA-256 of the files with those of "
        "another user, and download again what differs.");
  } else {
    message += concat(
        "The weights have the shapes of the published ",
        folder.family,
        " but do not read like it. Compare the SHA-256 of the files with those "
        "of another user. If they are equal, this program computes something "
        "wrong on this machine; tools/compare_with_official shows the first "
        "stage that differs from the official code.");
  }
  return message;
}

Json to_json(const Verification& verification) {
  const auto missed = first_missed(verification);
  return {
      {"missed", missed ? Json(*missed) : Json(nullptr)},
      {"folder", write_config(verification.folder)},
      {"pages", list_json(verification.pages)},
      {"fox", list_json(verification.fox)}};
}

std::string folder_text(const FolderCheck& folder) {
  std::string text =
      concat("step 1: files of ", folder.folder, ", family ", folder.family);
  Table files;
  files.header = {"file", "bytes", "sha256"};
  for (const auto& file : folder.files) {
    files.rows.push_back({file.name, std::to_string(file.bytes), file.sha256});
  }
  Table sizes;
  sizes.header = {"weights", "here", "published"};
  sizes.rows = {
      {"tensors",
       std::to_string(folder.tensors),
       std::to_string(folder.published_tensors)},
      {"parameters",
       std::to_string(folder.parameters),
       std::to_string(folder.published_parameters)},
      {"bytes",
       std::to_string(folder.bytes),
       std::to_string(folder.published_bytes)}};
  text += concat("\n\n", to_text(files), "\n", to_text(sizes), "\n");
  for (const auto& difference : folder.differences) {
    text += difference + "\n";
  }
  if (folder.differences.empty()) {
    text +=
        "config, names, shapes and types are the published ones. No published "
        "list of hashes is known: compare them with another user's.\n";
  }
  return text;
}

std::string pages_text(const std::vector<ModeReading>& pages) {
  Table table;
  table.header = {
      "mode",
      "vision tokens",
      "page",
      "text tokens",
      "1 - edit distance",
      "set precision",
      "stop"};
  std::vector<Bound> bounds;
  for (const auto& mode : pages) {
    bounds.push_back(mode.bound);
    for (size_t i = 0; i < mode.pages.size(); ++i) {
      const auto& page = mode.pages[i];
      table.rows.push_back(
          {mode.mode,
           std::to_string(mode.vision_tokens),
           std::to_string(i + 1),
           std::to_string(page.text_tokens),
           fixed(page.edit_similarity, 3),
           fixed(page.set_precision, 3),
           page.stop});
    }
  }
  return concat(
      "step 2: pages that this program renders\n\n",
      to_text(table),
      "\n",
      to_text(bounds_table(bounds)));
}

std::string fox_text(const std::vector<FoxMode>& fox) {
  std::string text = "step 3: Fox, compared with the published readings\n";
  for (const auto& mode : fox) {
    text += concat(
        "\nmode ",
        mode.mode,
        ": mean set precision\n\n",
        to_text(paper_table(mode)),
        "\npages whose reading agrees least with the published one\n\n",
        to_text(parted_pages(mode)),
        "\n",
        to_text(bounds_table(mode.bounds)));
  }
  return text;
}

} // namespace microfiche::verification
