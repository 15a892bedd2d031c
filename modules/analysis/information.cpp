#include "analysis/information.h"

#include <algorithm>
#include <cmath>

#include "analysis/cell_labels.h"

namespace microfiche::analysis {
namespace {

constexpr int64_t kBins = 15;

std::vector<ReliabilityBin> reliability_of(
    const std::vector<const sweep::Sample*>& samples) {
  std::vector<ReliabilityBin> bins(kBins);
  for (int64_t i = 0; i < kBins; ++i) {
    bins[i].lower = static_cast<double>(i) / kBins;
    bins[i].upper = static_cast<double>(i + 1) / kBins;
  }
  for (const auto* sample : samples) {
    if (!sample->reading.confidence) {
      continue;
    }
    for (size_t i = 0; i < sample->reading.confidence->probability.size();
         ++i) {
      const double confidence = sample->reading.confidence->probability[i];
      auto& bin = bins[std::clamp<int64_t>(
          static_cast<int64_t>(confidence * kBins), 0, kBins - 1)];
      ++bin.tokens;
      bin.confidence += confidence;
      bin.accuracy += sample->reading.confidence->correct[i];
    }
  }
  for (auto& bin : bins) {
    const auto tokens = static_cast<double>(std::max<int64_t>(bin.tokens, 1));
    bin.confidence /= tokens;
    bin.accuracy /= tokens;
  }
  return bins;
}

double error_of(const std::vector<ReliabilityBin>& bins) {
  double tokens = 0;
  double error = 0;
  for (const auto& bin : bins) {
    const auto count = static_cast<double>(bin.tokens);
    tokens += count;
    error += count * std::abs(bin.confidence - bin.accuracy);
  }
  return error / tokens;
}

CellInformation information_of_cell(const CellSamples& cell, uint64_t seed) {
  std::vector<std::vector<double>> columns(3);
  for (const auto* sample : cell.samples) {
    const auto characters = static_cast<double>(sample->page.characters);
    const auto bits = [&](double log_likelihood) {
      return -log_likelihood / std::log(2.0) / characters;
    };
    const double with = bits(*sample->reading.log_likelihood);
    const double without = bits(*sample->reading.log_likelihood_without_page);
    columns[0].push_back(with);
    columns[1].push_back(without);
    columns[2].push_back(without - with);
  }
  const auto means = metrics::bootstrap_means(columns, seed);
  CellInformation information;
  information.cell = cell.cell;
  information.pages = static_cast<int64_t>(cell.samples.size());
  information.bits_with_page = means[0];
  information.bits_without_page = means[1];
  information.bits_gained = means[2];
  information.reliability = reliability_of(cell.samples);
  information.calibration_error = error_of(information.reliability);
  return information;
}

} // namespace

std::vector<CellInformation> compute_information(const sweep::Run& run) {
  std::vector<CellInformation> all;
  for (const auto& cell : samples_by_cell(run)) {
    const bool complete = std::all_of(
        cell.samples.begin(), cell.samples.end(), [](const auto* sample) {
          return sample->reading.log_likelihood &&
              sample->reading.log_likelihood_without_page;
        });
    if (complete) {
      all.push_back(information_of_cell(cell, run.config.seed));
    }
  }
  return all;
}

Table information_table(const std::vector<CellInformation>& cells) {
  auto table = make_cell_table(
      "text",
      {"bits/char",
       "without page",
       "gained",
       "low",
       "high",
       "calibration error"});
  for (const auto& cell : cells) {
    add_cell_row(
        table,
        cell.cell,
        content_label(cell.cell),
        cell.pages,
        {fixed(cell.bits_with_page.mean, 3),
         fixed(cell.bits_without_page.mean, 3),
         fixed(cell.bits_gained.mean, 3),
         fixed(cell.bits_gained.low, 3),
         fixed(cell.bits_gained.high, 3),
         fixed(cell.calibration_error, 4)});
  }
  return table;
}

Table reliability_table(const std::vector<CellInformation>& cells) {
  Table table;
  table.header = {"cell", "lower", "upper", "tokens", "confidence", "accuracy"};
  for (const auto& cell : cells) {
    for (const auto& bin : cell.reliability) {
      if (bin.tokens > 0) {
        table.rows.push_back(
            {sweep::name_of(cell.cell),
             fixed(bin.lower, 3),
             fixed(bin.upper, 3),
             std::to_string(bin.tokens),
             fixed(bin.confidence, 4),
             fixed(bin.accuracy, 4)});
      }
    }
  }
  return table;
}

} // namespace microfiche::analysis
