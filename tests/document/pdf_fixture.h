#pragma once

#include "core/files.h"
#include "tests/support/folders.h"
#include "tests/support/pdf.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::document {

/// One page with the entries `page`, and a red rectangle of 20 x 10 points in
/// the lower left corner of (50, 0).
inline std::vector<std::string> one_page(const std::string& page) {
  return {
      "<</Type/Catalog/Pages 2 0 R>>",
      "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/Contents 4 0 R" + page + ">>",
      "<</Length 26>>\nstream\n1 0 0 rg 50 0 20 10 re f  \nendstream"};
}

class PdfTest : public testing::Test {
 protected:
  std::string file(const std::string& bytes) const {
    const auto path = folder_.path() / "scan.pdf";
    write_file(path, bytes);
    return path.string();
  }

  /// A program that does what the script says.
  std::string fake(const std::string& script) const {
    const auto path = folder_.path() / "fake";
    write_file(path, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path.string();
  }

  std::string good() const {
    return file(tests::write_pdf(one_page("/MediaBox[0 0 200 100]")));
  }

  tests::TemporaryFolder folder_;
};

} // namespace microfiche::document
