#include "reading/page_list.h"

#include "core/error.h"
#include "document/page_range.h"
#include "page/image_file.h"
#include "reading/page_input.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace microfiche::reading {
namespace {

namespace fs = std::filesystem;

/// The file names that an input stands for.
std::vector<fs::path> files_of(const fs::path& input) {
  if (!fs::is_directory(input)) {
    return {input};
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(input)) {
    const auto& file = entry.path();
    if (has_image_name(file) || file.extension() == ".safetensors" ||
        document::is_pdf(file)) {
      files.push_back(file);
    }
  }
  check(
      !files.empty(),
      input.string(),
      ": expected a folder with images, PDF files or saved vision tokens, got "
      "one without");
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace

bool ListedPage::is_encoded() const {
  return file.extension() == ".safetensors";
}

std::string ListedPage::title() const {
  return pdf ? concat(file.string(), ", page ", pdf_page) : file.string();
}

page::PageImage ListedPage::load() const {
  return pdf ? load_pdf_page(*pdf, pdf_page, title()) : page::read_image(file);
}

PageList list_pages(
    const std::vector<std::string>& inputs,
    const std::string& pdf_pages,
    const document::PdfOptions& pdf_options) {
  const auto range = document::parse_page_range(
      pdf_pages.empty() ? std::string("1-") : pdf_pages);
  PageList list;
  std::set<std::string> names;
  const auto unique = [&](const fs::path& file) {
    std::string name = file.stem().string();
    for (int copy = 2; !names.insert(name).second; ++copy) {
      name = concat(file.stem().string(), "-", copy);
    }
    return name;
  };
  bool any_pdf = false;
  for (const auto& input : inputs) {
    for (const auto& file : files_of(input)) {
      const std::string name = unique(file);
      if (!document::is_pdf(file)) {
        list.pages.push_back({file, name, nullptr, 0});
        continue;
      }
      any_pdf = true;
      try {
        const auto pdf =
            std::make_shared<const document::PdfFile>(file, pdf_options);
        for (const int64_t page :
             document::list_pages(range, pdf->num_pages(), file.string())) {
          char number[32];
          std::snprintf(
              number, sizeof number, "-%04lld", static_cast<long long>(page));
          list.pages.push_back({file, name + number, pdf, page});
        }
      } catch (const InputError& error) {
        list.failures.emplace_back(error.what());
      }
    }
  }
  check<UsageError>(
      pdf_pages.empty() || any_pdf,
      "--pages has no effect: no input is a PDF file");
  return list;
}

} // namespace microfiche::reading
