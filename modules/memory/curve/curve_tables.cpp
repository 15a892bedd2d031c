#include "memory/curve/curve_tables.h"

#include "core/error.h"
#include "metrics/interval_text.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>

namespace microfiche::memory::curve {
namespace {

/// Far beyond what was measured, digits mean nothing.
std::string digits(double value, int num_digits) {
  constexpr double kLargest = 1e5;
  if (std::isinf(value)) {
    return "never";
  }
  return value > kLargest ? ">100000" : fixed(value, num_digits);
}

double skill_of(const RecallCurve& curve, const Recall& recall) {
  const double floor = curve.floor.value_or(0);
  return floor < 1 ? (recall.share.share - floor) / (1 - floor) : NAN;
}

std::string parameters_text(const metrics::ForgettingFit& fit) {
  std::string text;
  for (const double value : fit.parameters) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.4g", value);
    text += concat(text.empty() ? "" : " ", digits.data());
  }
  return text;
}

std::string half_life_text(const metrics::ForgettingFit& fit) {
  auto text = digits(fit.half_life, 1);
  if (!std::isnan(fit.half_life_low)) {
    text += concat(
        " [",
        digits(fit.half_life_low, 1),
        ", ",
        digits(fit.half_life_high, 1),
        "]");
  }
  return text;
}

std::vector<std::string> share_cells(const metrics::Proportion& share) {
  return {
      concat(share.probes),
      concat(share.correct),
      exact(share.share),
      exact(share.low),
      exact(share.high)};
}

void append(std::vector<std::string>& row, std::vector<std::string> cells) {
  row.insert(row.end(), cells.begin(), cells.end());
}

} // namespace

std::string title_of(const std::string& name) {
  static const std::map<std::string, std::string> kTitles = {
      {"transcription", "pages, read back"},
      {"lookup", "pages, asked directly"},
      {"text_search", "text search"},
      {"whole_text", "whole text"},
      {"newest_text", "newest text"},
      {"oldest_text", "oldest text"},
      {"summary", "summary"},
      {"pruned_text", "pruned text"},
      {"wrong_page", "wrong page (floor)"},
      {"blank_page", "blank page"},
      {"binding", "other value of the page"},
      {"source", "value of another page"},
      {"stale", "outdated value"}};
  const auto found = kTitles.find(name);
  return found == kTitles.end() ? name : found->second;
}

std::string title_of(metrics::ForgettingForm form) {
  return form == metrics::ForgettingForm::kWeibull ? "Weibull"
                                                   : std::string(name_of(form));
}

std::string share_text(const metrics::Proportion& share) {
  return share.probes == 0 ? "-"
                           : concat(
                                 fixed(share.share, 3),
                                 " ",
                                 metrics::ends_text(share.low, share.high));
}

Table age_table(const RecallCurve& curve) {
  Table table;
  table.header = {
      "age, " + name_of(curve.options.unit),
      "modes",
      "questions",
      "recall",
      "skill"};
  for (const auto& method : curve.methods) {
    if (&method != &curve.subject()) {
      table.header.push_back(title_of(method.method));
    }
  }
  for (size_t bin = 0; bin < curve.bins.size(); ++bin) {
    const auto& recall = curve.subject().bins[bin];
    std::vector<std::string> row = {
        text_of(curve.bins[bin]),
        curve.bin_modes[bin],
        concat(recall.share.probes),
        share_text(recall.share),
        fixed(skill_of(curve, recall), 3)};
    for (const auto& method : curve.methods) {
      if (&method != &curve.subject()) {
        row.push_back(fixed(method.bins[bin].share.share, 3));
      }
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table method_table(const RecallCurve& curve) {
  Table table;
  table.header = {
      "method",
      "questions",
      "recall",
      "wrong of answered",
      "answered of never stated",
      "positions per question"};
  for (const auto& method : curve.methods) {
    table.rows.push_back(
        {title_of(method.method),
         concat(method.all.share.probes),
         share_text(method.all.share),
         fixed(method.all.confabulation(), 3),
         method.never_stated > 0
             ? concat(method.false_answers, " of ", method.never_stated)
             : "-",
         fixed(method.positions, 0)});
  }
  return table;
}

Table fit_table(const RecallCurve& curve) {
  Table table;
  table.header = {
      "model",
      "AICc",
      "over the best",
      concat("half-life, ", name_of(curve.options.unit)),
      concat("horizon at skill ", exact(curve.options.horizon_skill)),
      "parameters"};
  for (const auto& fit : curve.fits) {
    const auto oldest = metrics::horizon(fit, curve.options.horizon_skill);
    table.rows.push_back(
        {title_of(fit.form),
         digits(fit.aicc, 1),
         fixed(fit.aicc - curve.fits.front().aicc, 1),
         half_life_text(fit),
         oldest ? fixed(*oldest, 0) : "-",
         parameters_text(fit)});
  }
  return table;
}

Table mode_table(const RecallCurve& curve) {
  Table table;
  table.header = {
      "mode",
      "pages",
      "positions",
      "facts",
      "questions",
      "recall",
      "remembered facts",
      "positions per remembered fact"};
  for (const auto& mode : curve.modes) {
    table.rows.push_back(
        {mode.cost.mode,
         concat(mode.cost.pages),
         concat(mode.cost.positions),
         concat(mode.cost.facts),
         concat(mode.recall.share.probes),
         share_text(mode.recall.share),
         fixed(mode.remembered, 1),
         mode.remembered > 0 ? fixed(mode.positions_per_fact, 2) : "-"});
  }
  return table;
}

Table kind_table(const RecallCurve& curve) {
  Table table;
  table.header = {"kind of fact", "questions", "recall"};
  for (const auto outcome : kOutcomes) {
    table.header.push_back(title_of(std::string(name_of(outcome))));
  }
  for (const auto& kind : curve.kinds) {
    std::vector<std::string> row = {
        kind.kind.empty() ? "-" : kind.kind,
        concat(kind.recall.share.probes),
        share_text(kind.recall.share)};
    for (const int64_t count : kind.recall.outcomes) {
      row.push_back(concat(count));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string place_name(size_t place) {
  static_assert(kPlaces == 4);
  constexpr std::array<const char*, kPlaces> kNames = {
      "first", "second", "third", "last"};
  return std::string(kNames.at(place)) + " quarter";
}

Table place_table(const RecallCurve& curve) {
  Table table;
  table.header = {"place in the text of the page", "questions", "recall"};
  for (size_t place = 0; place < curve.places.size(); ++place) {
    const auto& share = curve.places[place].all.share;
    table.rows.push_back(
        {place_name(place), concat(share.probes), share_text(share)});
  }
  return table;
}

Table front_table(const BudgetFront& front) {
  Table table;
  table.header = {
      "plan",
      "method",
      "positions per question",
      "questions",
      "recall",
      "on the front"};
  for (const auto& point : front.points) {
    table.rows.push_back(
        {front.all_series[point.series].name,
         title_of(point.method),
         fixed(point.positions, 0),
         concat(point.recall.share.probes),
         share_text(point.recall.share),
         point.on_front ? "yes" : ""});
  }
  return table;
}

Table curve_csv(const RecallCurve& curve) {
  Table table;
  table.header = {
      "method",
      "age_unit",
      "age_first",
      "age_last",
      "questions",
      "correct",
      "recall",
      "recall_low",
      "recall_high",
      "floor"};
  for (const auto outcome : kOutcomes) {
    table.header.push_back("outcome_" + std::string(name_of(outcome)));
  }
  append(table.header, {"best_fit", "step_fit"});
  for (const auto& method : curve.methods) {
    const bool fitted = &method == &curve.subject() && !curve.fits.empty();
    for (size_t bin = 0; bin < curve.bins.size(); ++bin) {
      const auto& recall = method.bins[bin];
      std::vector<std::string> row = {
          method.method,
          name_of(curve.options.unit),
          concat(curve.bins[bin].first),
          concat(curve.bins[bin].last)};
      append(row, share_cells(recall.share));
      row.push_back(curve.floor ? exact(*curve.floor) : "");
      for (const int64_t count : recall.outcomes) {
        row.push_back(concat(count));
      }
      row.push_back(fitted ? exact(curve.best_fit[bin]) : "");
      row.push_back(fitted ? exact(curve.step_fit[bin]) : "");
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

} // namespace microfiche::memory::curve
