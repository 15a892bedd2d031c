#include "verification/published_tensors.h"

#include "core/error.h"
#include "core/files.h"
#include "model/checkpoint_names.h"
#include "model/model_family.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <numeric>
#include <sstream>
#include <string>

namespace microfiche::verification {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Shapes = std::map<std::string, std::vector<int64_t>>;

Shapes shapes_of(const std::string& family) {
  Shapes shapes;
  for (const auto& tensor : published_tensors(family)) {
    shapes[tensor.name] = tensor.shape;
  }
  return shapes;
}

int64_t parameters(const Shapes& shapes, const std::string& prefix) {
  int64_t sum = 0;
  for (const auto& [name, shape] : shapes) {
    if (name.starts_with(prefix)) {
      sum += std::accumulate(
          shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
    }
  }
  return sum;
}

TEST(PublishedTensorsTest, APatternStandsForWordsAndNumbers) {
  EXPECT_THAT(
      expand_pattern("a{1..2}.{q,k}.b"),
      ElementsAre("a1.q.b", "a1.k.b", "a2.q.b", "a2.k.b"));
  EXPECT_THAT(expand_pattern("plain"), ElementsAre("plain"));
}

// Counts of the official checkpoint, as an inventory of the file gives them.
TEST(PublishedTensorsTest, DeepSeekOcrHasTheSumsOfTheOfficialFile) {
  const auto shapes = shapes_of("DeepSeek-OCR");

  EXPECT_EQ(published_tensors("DeepSeek-OCR").size(), 2710u);
  EXPECT_EQ(shapes.size(), 2710u);
  EXPECT_EQ(parameters(shapes, ""), 3336106240);
  EXPECT_EQ(parameters(shapes, "model.sam_model."), 95569152);
  EXPECT_EQ(parameters(shapes, "model.vision_model."), 303177728);
  EXPECT_EQ(parameters(shapes, "model.projector."), 2622720);
  EXPECT_EQ(parameters(shapes, "model.layers.0."), 32852480);
  EXPECT_EQ(parameters(shapes, "model.layers.7."), 233720320);
}

TEST(PublishedTensorsTest, UnlimitedOcrHasTheTensorsOfDeepSeekOcr) {
  EXPECT_EQ(shapes_of("Unlimited-OCR"), shapes_of("DeepSeek-OCR"));
}

// The list that the official code of DeepSeek-OCR 2 builds.
TEST(PublishedTensorsTest, DeepSeekOcr2HasTheNamesAndShapesOfTheOfficialCode) {
  Shapes official;
  std::istringstream rows(
      read_file(tests::data_path("parity_v2/published_tensors.csv")));
  std::string row;
  std::getline(rows, row);
  while (std::getline(rows, row)) {
    const size_t comma = row.find(',');
    std::istringstream sizes(row.substr(comma + 1));
    std::string size;
    while (std::getline(sizes, size, 'x')) {
      official[row.substr(0, comma)].push_back(std::stoll(size));
    }
  }

  EXPECT_EQ(official.size(), 2707u);
  EXPECT_EQ(shapes_of("DeepSeek-OCR 2"), official);
}

// Two lists, made apart: this one, and the modules of the model.
TEST(PublishedTensorsTest, TheModelHasTheTensorsOfTheList) {
  Shapes built;
  for (const auto& spec : model::checkpoint_tensors(model::ModelConfig())) {
    built[spec.name] = spec.shape;
  }

  EXPECT_EQ(built, shapes_of("DeepSeek-OCR"));
}

TEST(PublishedTensorsTest, EveryFamilyHasAList) {
  for (const auto& family : model::model_families()) {
    EXPECT_GT(published_tensors(family.name).size(), 2700u) << family.name;
  }
  EXPECT_THAT(
      [] { published_tensors("GOT-OCR2"); },
      ThrowsMessage<InputError>(HasSubstr("the family GOT-OCR2")));
}

} // namespace
} // namespace microfiche::verification
