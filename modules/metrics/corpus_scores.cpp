#include "metrics/corpus_scores.h"

#include <limits>

#include "metrics/edit_rates.h"
#include "metrics/score.h"

namespace microfiche::metrics {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

} // namespace

std::vector<BlockEdits> edits_of_blocks(
    const Prediction& page,
    const PageTexts& texts,
    Normalization normalization) {
  if (page.blocks.empty()) {
    return {{texts.character_edits(), texts.longer_length()}};
  }
  std::vector<BlockEdits> edits;
  for (const auto& block : page.blocks) {
    const auto pair = prepare_texts(
        block.reference,
        block.prediction,
        block.normalized ? Normalization::kRaw : normalization);
    edits.push_back({pair.character_edits(), pair.longer_length()});
  }
  return edits;
}

double block_edit_distance(const std::vector<BlockEdits>& blocks) {
  BlockEdits sum;
  for (const auto& block : blocks) {
    sum.edits += block.edits;
    sum.longer_length += block.longer_length;
  }
  return sum.longer_length == 0 ? kNoNumber
                                : share(sum.edits, sum.longer_length);
}

void CorpusCounter::Sum::add(double more_part, double more_whole) {
  part += more_part;
  whole += more_whole;
}

double CorpusCounter::Sum::ratio() const {
  return whole > 0 ? part / whole : kNoNumber;
}

void CorpusCounter::add(
    const PageTexts& texts,
    const std::vector<BlockEdits>& blocks) {
  const auto number = [](int64_t count) { return static_cast<double>(count); };
  characters_.add(
      number(texts.character_edits()), number(std::ssize(texts.reference())));
  words_.add(
      number(texts.word_edits()), number(std::ssize(texts.words().reference)));
  bool has_text = false;
  for (const auto& block : blocks) {
    if (block.longer_length > 0) {
      has_text = true;
      samples_.add(share(block.edits, block.longer_length), 1);
      edits_.add(number(block.edits), number(block.longer_length));
    }
  }
  if (has_text) {
    pages_.add(block_edit_distance(blocks), 1);
  }
}

CorpusScores CorpusCounter::scores() const {
  return {
      characters_.ratio(),
      words_.ratio(),
      samples_.ratio(),
      pages_.ratio(),
      edits_.ratio()};
}

} // namespace microfiche::metrics
