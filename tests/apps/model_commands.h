#pragma once

#include "core/json.h"
#include "page/image_file.h"
#include "tests/apps/command_line.h"
#include "tests/support/pdf.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

namespace microfiche::tests {

/// A folder with a page, and a tiny model that a suite shares.
class ModelCommandsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    model_folder = new TemporaryFolder();
    auto tiny = make_tiny_model();
    {
      // Without an end token an answer ends where the positions do, on every
      // machine: pages of more vision tokens end first.
      const torch::NoGradGuard no_grad;
      tiny.model->decoder->lm_head->weight[tiny.config.language.eos_token_id]
          .zero_();
    }
    model::save_model(
        tiny, model_folder->path(), torch::kFloat32, byte_tokenizer());
  }
  static void TearDownTestSuite() {
    delete model_folder;
  }

  ModelCommandsTest() {
    page::write_png(folder.path() / "page.png", noise_page(200, 100, 1));
  }

  Outcome run(const std::string& arguments) const {
    return run_program(
        folder.path(),
        arguments + " --model '" + model_folder->path().string() + "'");
  }

  Json read_json(const std::string& file) const {
    return read_json_file(folder.path() / file);
  }

  inline static TemporaryFolder* model_folder = nullptr;
  TemporaryFolder folder;
};

/// Three pages of 100 x 50 points, black except for a growing margin.
inline std::string three_pages() {
  std::vector<std::string> objects = {
      "<</Type/Catalog/Pages 2 0 R>>",
      "<</Type/Pages/Kids[3 0 R 5 0 R 7 0 R]/Count 3>>"};
  for (int page = 1; page <= 3; ++page) {
    const std::string drawing = concat(page, " 0 50 50 re f");
    objects.push_back(concat(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 50]/Contents ",
        2 * page + 2,
        " 0 R>>"));
    objects.push_back(concat(
        "<</Length ", drawing.size(), ">>\nstream\n", drawing, "\nendstream"));
  }
  return write_pdf(objects);
}

} // namespace microfiche::tests
