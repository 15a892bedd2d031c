#include "data/question_dataset.h"

#include "core/error.h"
#include "data/page_dataset.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace microfiche::data {
namespace {

/// Rows of a batch whose text replaces the pages, at most.
constexpr int64_t kMostTextRows = 64;

double mean(const Counts& counts) {
  return static_cast<double>(counts.first + counts.second) / 2;
}

/// A whole number drawn evenly in the logarithm.
int64_t draw_count(RandomStream& random, const Counts& counts) {
  const auto drawn = std::llround(draw_log(
      random,
      {static_cast<double>(counts.first) - 0.49,
       static_cast<double>(counts.second) + 0.49}));
  return std::clamp<int64_t>(drawn, counts.first, counts.second);
}

/// Runs of spaces, which only place entries on a grid, become one space.
std::string collapse_spaces(const std::string& text) {
  std::string result;
  for (const char byte : text) {
    if (byte != ' ' || result.empty() || result.back() != ' ') {
      result += byte;
    }
  }
  return result;
}

void append_pixels(const PageSample& page, std::vector<uint8_t>& pixels) {
  pixels.insert(pixels.end(), page.pixels.begin(), page.pixels.end());
}

} // namespace

/// What all rows of a batch have in common.
struct QuestionDataset::Plan {
  std::string task;
  bool as_text = false;

  /// Of each page in the context, oldest first.
  std::vector<std::string> modes;
  /// The fewest pairs on each page, or characters per token.
  std::vector<int64_t> pairs;
  double characters_per_token = 0;

  int64_t vision_tokens = 0;
};

/// A row as ids; see the fields of the same names of `PageBatch`.
struct QuestionDataset::Row {
  QuestionedPages content;
  std::vector<int64_t> answer;
  std::vector<uint8_t> given;
  std::vector<std::pair<float, float>> points;
  std::vector<int64_t> pages;
};

QuestionDataset::QuestionDataset(
    std::shared_ptr<const Corpus> corpus,
    QuestionMixConfig mix,
    const BatchConfig& batch,
    DatasetModel model,
    uint64_t seed)
    : corpus_(std::move(corpus)),
      mix_(std::move(mix)),
      batch_(batch),
      drawer_(mix_.pages, batch, model, sample_text(*corpus_)),
      model_(std::move(model)),
      seed_(seed) {
  const auto grid = mix_.pairs.layouts.find("grid");
  check(
      grid == mix_.pairs.layouts.end() || grid->second == 0 ||
          drawer_.has_monospaced_font(),
      "questions: pairs.layouts.grid needs a monospaced font in pages.fonts, "
      "such as \"DejaVu Sans Mono\"");
}

int64_t QuestionDataset::most_pairs(const std::string& mode) const {
  const auto& pairs = mix_.pairs;
  const double entry = mean(pairs.key_characters) +
      mean(pairs.value_characters) + 1 +
      static_cast<double>(pairs.separator.size());
  const double characters = mix_.pages.characters_per_token.second *
      static_cast<double>(drawer_.vision_tokens(mode));
  return std::clamp<int64_t>(
      static_cast<int64_t>(characters / entry), 1, pairs.count.second);
}

PageSample QuestionDataset::draw_pairs(
    const std::string& mode,
    const std::vector<Pair>& pairs,
    const std::string& layout,
    RandomStream& random) const {
  if (layout == "grid") {
    std::vector<std::string> entries;
    for (const auto& pair : pairs) {
      entries.push_back(entry_of(pair));
    }
    return drawer_.draw_grid(mode, entries, random);
  }
  const auto text = join_entries(pairs, mix_.pairs.separator);
  return drawer_.draw(
      mode, text, static_cast<int64_t>(text.size()), std::nullopt, random);
}

QuestionedPages QuestionDataset::pages_of_pairs(
    const std::vector<std::string>& modes,
    const std::vector<int64_t>& pairs,
    RandomStream& random) const {
  QuestionedPages result;
  std::vector<Pair> all;
  std::vector<std::vector<Pair>> of_pages;
  std::vector<std::vector<std::vector<int64_t>>> bytes;
  const double share = 1.0 / static_cast<double>(modes.size());
  for (size_t i = 0; i < modes.size(); ++i) {
    const auto first = static_cast<std::ptrdiff_t>(all.size());
    append_pairs(all, pairs[i], mix_.pairs, random);
    of_pages.emplace_back(all.begin() + first, all.end());
    const auto& layout = draw_name(random, mix_.pairs.layouts);
    result.pages.push_back(
        draw_pairs(modes[i], of_pages.back(), layout, random));
    bytes.push_back(bytes_of_values(
        of_pages.back(),
        layout == "grid" ? "" : mix_.pairs.separator,
        result.pages.back().text));
    result.characters_per_token += share *
        static_cast<double>(collapse_spaces(result.pages.back().text).size()) /
        static_cast<double>(drawer_.vision_tokens(modes[i]));
  }
  result.pairs = static_cast<int64_t>(all.size());
  const int64_t count =
      random.between(mix_.questions.first, mix_.questions.second);
  result.questions = draw_pair_questions(of_pages, bytes, count, mix_, random);
  return result;
}

QuestionedPages QuestionDataset::page_of_lines(
    const std::string& mode,
    double characters_per_token,
    RandomStream& random) const {
  const auto kind = text_kind(draw_name(random, mix_.pages.texts));
  const auto characters = std::max<int64_t>(
      1,
      std::llround(
          characters_per_token *
          static_cast<double>(drawer_.vision_tokens(mode))));
  const auto draw = [&](int64_t length) {
    return draw_text(*corpus_, kind, length, mix_.pages.letters, random);
  };
  const int64_t count =
      random.between(mix_.questions.first, mix_.questions.second);
  QuestionedPages result;
  // A page of one short line has no question.
  constexpr int kTries = 20;
  for (int i = 0; i < kTries && result.questions.empty(); ++i) {
    result.pages = {
        drawer_.draw(mode, draw(characters), characters, std::nullopt, random)};
    result.questions = draw_line_questions(
        result.pages[0].text, draw(200), count, mix_, random);
  }
  check(
      !result.questions.empty(),
      "questions: no line of ",
      kTries,
      " pages in mode \"",
      mode,
      "\" at ",
      characters_per_token,
      " characters per vision token is longer than its beginning; raise "
      "pages.characters_per_token or lower prefix_characters");
  result.characters_per_token = result.pages[0].characters_per_token;
  return result;
}

QuestionDataset::Plan QuestionDataset::plan_batch(RandomStream& random) const {
  Plan plan;
  plan.task = draw_name(random, mix_.tasks);
  plan.as_text = random.uniform() < mix_.as_text;
  const int64_t pages = plan.task == "several_pages"
      ? random.between(mix_.several_pages.first, mix_.several_pages.second)
      : 1;
  for (int64_t i = 0; i < pages; ++i) {
    const auto& mode = draw_name(random, mix_.pages.modes);
    const int64_t most = most_pairs(mode);
    plan.modes.push_back(mode);
    plan.pairs.push_back(
        draw_count(random, {std::min(mix_.pairs.count.first, most), most}));
    plan.vision_tokens += drawer_.vision_tokens(mode);
  }
  const auto& range = mix_.pages.characters_per_token;
  plan.characters_per_token = draw_log(
      random,
      {range.first,
       std::max(range.first, range.second / batch_.density_spread)});
  return plan;
}

QuestionDataset::Row QuestionDataset::make_row(
    const Plan& plan,
    RandomStream& random) const {
  const double spread = draw_even(random, {1, batch_.density_spread});
  Row row;
  if (plan.task == "rest_of_line") {
    row.content = page_of_lines(
        plan.modes[0], plan.characters_per_token * spread, random);
  } else {
    auto pairs = plan.pairs;
    for (size_t i = 0; i < pairs.size(); ++i) {
      pairs[i] = std::min<int64_t>(
          most_pairs(plan.modes[i]),
          std::llround(static_cast<double>(pairs[i]) * spread));
    }
    row.content = pages_of_pairs(plan.modes, pairs, random);
  }
  const auto append = [&](const std::string& text, bool given) {
    const auto ids = model_.tokenizer.encode(text, /*added_tokens=*/false);
    row.answer.insert(row.answer.end(), ids.begin(), ids.end());
    row.given.resize(row.answer.size(), given ? 1 : 0);
    row.points.resize(row.answer.size(), {-1.0F, -1.0F});
    row.pages.resize(row.answer.size(), 0);
  };
  if (plan.as_text) {
    for (const auto& page : row.content.pages) {
      append(collapse_spaces(page.text) + "\n\n", /*given=*/true);
    }
  }
  for (const auto& question : row.content.questions) {
    append(question.asked, /*given=*/true);
    const size_t begin = row.answer.size();
    const std::string answer = " " + question.answer + "\n";
    append(answer, /*given=*/false);
    if (question.bytes.empty() || plan.as_text) {
      continue;
    }
    const auto& places = row.content.pages[question.page].places;
    size_t byte = 0;
    for (size_t i = begin; i < row.answer.size(); ++i) {
      const size_t in_answer = byte;
      byte += model_.tokenizer.token_bytes(row.answer[i]).size();
      if (in_answer == 0) {
        continue; // The space.
      }
      const auto at = in_answer <= question.bytes.size()
          ? question.bytes[in_answer - 1]
          : question.bytes.back() + 1;
      row.points[i] = places[at];
      row.pages[i] = question.page;
    }
  }
  row.answer.push_back(model_.end_id);
  row.given.push_back(0);
  row.points.emplace_back(-1.0F, -1.0F);
  row.pages.push_back(0);
  return row;
}

PageBatch QuestionDataset::batch(int64_t index) const {
  RandomStream random(seed_, "questions", index);
  const Plan plan = plan_batch(random);
  PageBatch batch;
  batch.index = index;
  batch.task = plan.task + (plan.as_text ? "_as_text" : "");
  for (const auto& mode : plan.modes) {
    batch.mode += (batch.mode.empty() ? "" : "+") + mode;
  }
  batch.vision_tokens = plan.vision_tokens;
  batch.side_px = drawer_.side_px(plan.modes.back());
  const int64_t most_rows = plan.as_text
      ? kMostTextRows
      : std::max<int64_t>(1, batch_.vision_tokens / plan.vision_tokens);

  std::vector<Row> rows;
  for (int64_t ids = 0; ids < batch_.characters &&
       static_cast<int64_t>(rows.size()) < most_rows;) {
    rows.push_back(make_row(plan, random));
    ids += static_cast<int64_t>(rows.back().answer.size());
    batch.longest = std::max(
        batch.longest, static_cast<int64_t>(rows.back().answer.size()));
  }

  const size_t earlier = plan.modes.size() - 1;
  if (!plan.as_text) {
    batch.pages = static_cast<int64_t>(rows.size());
    for (size_t i = 0; i < earlier; ++i) {
      batch.earlier_pages.push_back({drawer_.side_px(plan.modes[i]), {}});
    }
  }
  const double share = 1.0 / static_cast<double>(rows.size());
  for (auto& row : rows) {
    const auto& content = row.content;
    const auto& newest = content.pages.back();
    batch.pairs += share * static_cast<double>(content.pairs);
    batch.characters_per_token += share * content.characters_per_token;
    batch.font_size_px += share * newest.font_size_px;
    batch.characters += std::count(row.given.begin(), row.given.end(), 0);
    if (!plan.as_text) {
      for (size_t i = 0; i < earlier; ++i) {
        append_pixels(content.pages[i], batch.earlier_pages[i].pixels);
      }
      append_pixels(newest, batch.pixels);
      for (const auto& point : newest.points) {
        batch.points.push_back(point.x_px);
        batch.points.push_back(point.y_px);
        batch.point_labels.push_back(point.label);
      }
    }
    row.answer.resize(batch.longest, PageBatch::kPadding);
    row.given.resize(batch.longest, 0);
    row.points.resize(batch.longest, {-1.0F, -1.0F});
    row.pages.resize(batch.longest, 0);
    batch.answers.insert(
        batch.answers.end(), row.answer.begin(), row.answer.end());
    batch.given.insert(batch.given.end(), row.given.begin(), row.given.end());
    batch.texts.push_back(newest.text);
    if (!plan.as_text) {
      for (const auto& [x, y] : row.points) {
        batch.answer_points.push_back(x);
        batch.answer_points.push_back(y);
      }
    }
    if (!plan.as_text && earlier > 0) {
      batch.answer_pages.insert(
          batch.answer_pages.end(), row.pages.begin(), row.pages.end());
    }
  }
  return batch;
}

} // namespace microfiche::data
