#include "generation/draft_difference.h"
#include "generation/generate.h"
#include "generation/read.h"

#include "core/random.h"
#include "page/page_views.h"
#include "rendering/page_renderer.h"
#include "tests/generation/generate_fixture.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Answers with drafts against those without, for every model, number type,
// batch, rule and kind of draft: 3,276 pairs of readings.

namespace microfiche::generation {
namespace {

using Ids = std::vector<int64_t>;

enum class Model { kNano, kParity, kWindow, kFlow };

/// A model and its numbers, by their name in `--dtype`.
struct Case {
  std::string name;
  Model model;
  std::string dtype;
};

model::LoadedModel load(const Case& test_case) {
  const auto placement = model::find_placement("cpu", test_case.dtype);
  switch (test_case.model) {
    case Model::kNano:
      return model::load_model(tests::nano_model(), placement);
    case Model::kParity:
      return model::load_model(tests::parity_model(), placement);
    case Model::kWindow:
      return model::load_model(
          tests::data_path("parity_unlimited/model"), placement);
    default:
      return model::load_model(tests::data_path("parity_v2/model"), placement);
  }
}

/// Each fills a page of four lines of eight letters.
const std::vector<std::string> kTexts = {
    "In the beginning was the Word",
    "A page is read and not guessed",
    "the the the the the the the the",
    "Let there be light: and it was",
    "To see a world in a grain of sand",
    "12 men, 7 days, 30 miles, 1 road",
    "He that hath ears, let him hear"};

std::vector<GenerationRequest> nano_requests(model::LoadedModel& nano) {
  rendering::PageStyle style;
  style.page_width_px = style.page_height_px = 64;
  style.margin_top_px = style.margin_right_px = 0;
  style.margin_bottom_px = style.margin_left_px = 0;
  style.font = "DejaVu Sans Mono";
  style.font_size_px = 13.28;
  style.line_height = 16 / 13.28;
  const rendering::PageRenderer renderer(style);
  const auto mode = nano.find_mode("nano-1");
  std::vector<page::PageViews> pages;
  for (const auto& text : kTexts) {
    pages.push_back(page::make_views(renderer.render_first(text).image, mode));
  }
  return make_generation_requests(nano, nano.model->encode(pages, mode), "");
}

/// Prompts of random vectors, of different lengths.
std::vector<GenerationRequest> random_requests(model::LoadedModel& loaded) {
  torch::manual_seed(1);
  std::vector<GenerationRequest> requests;
  for (int64_t i = 0; i < std::ssize(kTexts); ++i) {
    const int64_t length = 1 + i * 5 % 13;
    requests.push_back(
        {torch::randn(
             {length, loaded.model->decoder->options.width()},
             loaded.model->tensor_options()),
         Ids(length, 5)});
  }
  return requests;
}

/// The settings of a reading. `together`: all pages in one batch.
struct Condition {
  std::string name;
  GenerationConfig config;
  bool together = false;
  bool has_end = true;
};

std::vector<Condition> conditions() {
  std::vector<Condition> all;
  for (const bool together : {false, true}) {
    const auto greedy = up_to(40);
    auto ngram = greedy;
    ngram.ngram = 3;
    auto window = greedy;
    window.ngram = 2;
    window.ngram_window = 12;
    window.ngram_whitelist = {32, 101};
    all.push_back({"greedy", greedy, together});
    all.push_back({"without an end", greedy, together, /*has_end=*/false});
    all.push_back({"n-gram rule", ngram, together});
    all.push_back({"n-gram rule with a window", window, together, false});
  }
  auto sampled = up_to(24);
  sampled.temperature = 0.8;
  sampled.top_p = 0.95;
  all.push_back({"sampled", sampled});
  sampled.top_k = 4;
  sampled.ngram = 3;
  all.push_back({"sampled with an n-gram rule", sampled, false, false});
  all.push_back({"limit", up_to(9)});
  auto loop = up_to(60);
  loop.loop_repeats = 2;
  loop.loop_ids = 4;
  all.push_back({"loop", loop, false, false});
  all.push_back({"limit of a batch", up_to(9), true});
  return all;
}

/// Drafts by how they follow the answer.
enum class Kind { kRight, kWrongIds, kOtherPage, kHostile };

std::shared_ptr<const Draft> make_test_draft(
    Kind kind,
    const std::vector<GenerationResult>& plain,
    size_t page,
    int64_t vocabulary,
    int64_t end_id) {
  const auto& answer = plain[page].ids;
  RandomStream random(page, "lossless drafts");
  const auto any_id = [&] {
    return static_cast<int64_t>(random.below(vocabulary));
  };
  Ids draft;
  switch (kind) {
    case Kind::kRight:
      draft = answer;
      break;
    case Kind::kWrongIds:
      for (const auto id : answer) {
        draft.push_back(random.uniform() < 0.15 ? any_id() : id);
      }
      break;
    case Kind::kOtherPage:
      draft = plain[(page + 1) % plain.size()].ids;
      break;
    case Kind::kHostile:
      // The beginning is right. Every later match leads to a wrong id, or to an
      // end; long runs of one id match everywhere.
      draft.assign(answer.begin(), answer.begin() + answer.size() / 3);
      for (size_t i = 2; i < answer.size(); ++i) {
        draft.insert(
            draft.end(),
            {answer[i - 2], answer[i - 1], i % 3 == 0 ? end_id : any_id()});
      }
      draft.insert(draft.end(), 200, answer.empty() ? 0 : answer.back());
      break;
  }
  return std::make_shared<const Draft>(std::vector<Ids>{draft});
}

class LosslessDraftsTest : public ::testing::TestWithParam<Case> {
 protected:
  /// Answers of all requests, together or one after the other.
  std::vector<GenerationResult> read(
      const std::vector<GenerationRequest>& requests,
      const Condition& condition) {
    const int64_t end = condition.has_end ? end_id : kNoEnd;
    if (condition.together) {
      return generate(decoder(), requests, condition.config, end);
    }
    std::vector<GenerationResult> results;
    for (const auto& request : requests) {
      results.push_back(
          generate(
              decoder(), {&request, 1}, condition.config, end, request.page)
              .front());
    }
    return results;
  }

  /// Compares one condition, and counts. Differences are measured within the
  /// batch that read them.
  void compare(
      const std::vector<GenerationRequest>& requests,
      const Condition& condition,
      const std::vector<GenerationResult>& plain,
      const std::vector<GenerationResult>& drafted) {
    const size_t size = condition.together ? requests.size() : 1;
    for (size_t first = 0; first < requests.size(); first += size) {
      for (const auto& difference : find_draft_differences(
               decoder(),
               std::span(requests).subspan(first, size),
               condition.config,
               std::span(plain).subspan(first, size),
               std::span(drafted).subspan(first, size))) {
        std::cout << GetParam().name << ", " << condition.name << ", "
                  << to_text(difference);
        differences.push_back(difference);
      }
    }
    for (size_t i = 0; i < requests.size(); ++i) {
      if (drafted[i].ids == plain[i].ids) {
        EXPECT_EQ(drafted[i].stop, plain[i].stop);
      }
      ++num_readings;
      num_ids += std::ssize(plain[i].ids);
      num_drafted += drafted[i].drafted;
      num_accepted += drafted[i].accepted;
    }
  }

  decoder::Decoder& decoder() {
    return loaded.model->decoder;
  }

  const torch::InferenceMode inference;
  model::LoadedModel loaded = load(GetParam());
  int64_t end_id = loaded.config.language.eos_token_id;
  int64_t num_readings = 0;
  int64_t num_ids = 0;
  int64_t num_drafted = 0;
  int64_t num_accepted = 0;
  std::vector<DraftDifference> differences;
};

TEST_P(LosslessDraftsTest, DraftsChangeNoIdButTies) {
  auto requests = GetParam().model == Model::kNano ? nano_requests(loaded)
                                                   : random_requests(loaded);
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].page = static_cast<int64_t>(i);
  }

  EXPECT_EQ(
      decoder()->options.window() > 0, GetParam().model == Model::kWindow);

  for (const auto& condition : conditions()) {
    const auto plain = read(requests, condition);
    for (const auto kind :
         {Kind::kRight, Kind::kWrongIds, Kind::kOtherPage, Kind::kHostile}) {
      auto with_drafts = requests;
      for (size_t i = 0; i < requests.size(); ++i) {
        with_drafts[i].draft = make_test_draft(
            kind, plain, i, decoder()->options.vocab_size(), end_id);
      }
      compare(requests, condition, plain, read(with_drafts, condition));
    }
  }

  EXPECT_TRUE(is_lossless(differences, num_ids)) << std::ssize(differences);
  EXPECT_EQ(num_readings, 13 * 4 * std::ssize(kTexts));
  // Both outcomes of a guess were seen often.
  EXPECT_GT(num_accepted, num_readings);
  EXPECT_GT(num_drafted - num_accepted, num_readings);
  std::cout << num_readings << " readings, " << num_ids << " ids, "
            << num_drafted << " drafted, " << num_accepted << " accepted, "
            << differences.size() << " differences\n";
}

INSTANTIATE_TEST_SUITE_P(
    Models,
    LosslessDraftsTest,
    ::testing::Values(
        Case{"NanoF32", Model::kNano, "f32"},
        Case{"NanoBf16", Model::kNano, "bf16"},
        Case{"NanoInt8", Model::kNano, "int8"},
        Case{"NanoInt4", Model::kNano, "int4"},
        Case{"ParityF32", Model::kParity, "f32"},
        Case{"ParityBf16", Model::kParity, "bf16"},
        Case{"WindowF32", Model::kWindow, "f32"},
        Case{"WindowBf16", Model::kWindow, "bf16"},
        Case{"FlowF32", Model::kFlow, "f32"}),
    [](const auto& info) { return info.param.name; });

} // namespace
} // namespace microfiche::generation
