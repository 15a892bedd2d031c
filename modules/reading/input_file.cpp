#include "reading/input_file.h"

#include "core/error.h"
#include "core/files.h"
#include "core/git_lfs.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "document/pdf.h"
#include "page/image_header.h"
#include "page/page_image.h"
#include "reading/page_folder.h"
#include "reading/result_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>

namespace microfiche::reading {
namespace {

namespace fs = std::filesystem;

/// The largest page without compression, with 16 bits per channel and alpha.
constexpr size_t kMaxFileBytes = size_t{page::kMaxPixels} * 8;

/// Bytes at the start of a file that decide its kind.
constexpr size_t kHeadBytes = 4096;

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(
      extension.begin(), extension.end(), extension.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      });
  return extension;
}

bool has_image_name(const fs::path& path) {
  constexpr std::array<std::string_view, 7> kExtensions = {
      ".png", ".jpg", ".jpeg", ".jfif", ".webp", ".tif", ".tiff"};
  return std::ranges::find(kExtensions, lower_extension(path)) !=
      kExtensions.end();
}

/// Whether a file that starts with `head` can be a UTF-8 text.
bool is_text(std::string_view head) {
  const auto first = static_cast<unsigned char>(head.front());
  return !(first >= 0x80 && first < 0xC2) && first < 0xF5 &&
      std::ranges::none_of(head, [](unsigned char c) {
        return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
      });
}

/// The file with its kind, from its first bytes.
InputFile identify(const fs::path& path, std::string_view head) {
  InputFile file{path, FileKind::kUnknown, /*is_tiff=*/false, nullptr};
  const auto format = page::find_image_format(std::as_bytes(std::span(head)));
  file.is_tiff = format == page::ImageFormat::kTiff;
  if (format) {
    file.kind = FileKind::kImage;
  } else if (lower_extension(path) == ".safetensors") {
    file.kind = FileKind::kVisionTokens;
  } else if (has_image_name(path)) {
    file.kind = FileKind::kImage;
  } else if (!head.empty() && is_text(head)) {
    file.kind = FileKind::kText;
  }
  return file;
}

InputFile open_file(const fs::path& path) {
  if (path == "-") {
    auto content =
        std::make_shared<const std::string>(read_file(path, kMaxFileBytes));
    const auto head = std::string_view(*content).substr(0, kHeadBytes);
    check(
        head.substr(0, 1024).find("%PDF-") == std::string_view::npos,
        "standard input: holds a PDF, which must be a file; save it and name "
        "the file");
    auto file = identify(path, head);
    file.content = std::move(content);
    return file;
  }
  if (document::is_pdf(path)) {
    return {path, FileKind::kPdf, /*is_tiff=*/false, nullptr};
  }
  std::string head(kHeadBytes, '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(
      static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return identify(path, head);
}

/// "3 subfolders not read (a, b, c)", with at most ten names; empty without
/// names.
std::string count_names(
    std::vector<std::string> names,
    const char* noun,
    const char* remark) {
  constexpr size_t kShown = 10;
  if (names.empty()) {
    return "";
  }
  std::ranges::sort(names);
  std::string text = concat(count_of(std::ssize(names), noun), remark, " (");
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i > 0 ? ", " : "") + names[i];
  }
  return text + (names.size() > kShown ? ", ...)" : ")");
}

/// What a folder holds, with the names of what is not read.
struct FolderContent {
  std::vector<InputFile> files;
  std::vector<std::string> subfolders;
  std::vector<std::string> texts;
  std::vector<std::string> others;
  int64_t num_results = 0;
};

FolderContent list_folder(const fs::path& folder) {
  FolderContent content;
  const auto results = find_results(folder);
  const auto rendered = find_page_folder(folder);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (results.contains(name)) {
      content.num_results += 1;
      continue;
    }
    if (rendered && rendered->descriptions.contains(name)) {
      continue;
    }
    if (entry.is_directory()) {
      content.subfolders.push_back(name);
      continue;
    }
    auto file = open_file(entry.path());
    if (file.kind == FileKind::kText) {
      content.texts.push_back(name);
    } else if (file.kind == FileKind::kUnknown) {
      content.others.push_back(name);
    } else {
      content.files.push_back(std::move(file));
    }
  }
  std::ranges::sort(content.files, {}, &InputFile::path);
  return content;
}

void report_skipped(const fs::path& folder, const FolderContent& content) {
  if (content.num_results > 0) {
    say(concat(
        folder.string(),
        ": ",
        count_of(content.num_results, "file"),
        " not read, because `read` wrote ",
        content.num_results == 1 ? "it" : "them"));
  }
  for (const auto& skipped :
       {count_names(content.subfolders, "subfolder", " not read"),
        count_names(content.texts, "text file", " not read"),
        count_names(
            content.others,
            "file",
            " of a format that cannot be read; convert images to PNG")}) {
    if (!skipped.empty()) {
      warn(concat(folder.string(), ": ", skipped));
    }
  }
}

} // namespace

std::string InputFile::title() const {
  return content ? "standard input" : path.string();
}

std::string InputFile::read() const {
  auto bytes = content ? *content : read_file(path, kMaxFileBytes);
  check(!bytes.empty(), title(), ": empty file; expected an image or a text");
  refuse_git_lfs_pointer(bytes, title());
  return bytes;
}

std::vector<InputFile> list_files(const std::vector<std::string>& inputs) {
  std::vector<InputFile> files;
  for (const auto& input : inputs) {
    std::error_code error;
    if (!fs::is_directory(input, error)) {
      files.push_back(open_file(input));
      continue;
    }
    auto content = list_folder(input);
    report_skipped(input, content);
    check(
        !content.files.empty(),
        input,
        ": expected a folder with images, PDF files or saved vision tokens, got "
        "one without");
    std::ranges::move(content.files, std::back_inserter(files));
  }
  return files;
}

} // namespace microfiche::reading
